/** A real mail server for tests: STARTTLS with a certificate of its own, users, and whatever a test wants it to answer. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { SMTPServer } from 'smtp-server'
import type { MailSettings, SmtpSettings } from '../../src/mail/settings.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-smtp-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const KEY = path.join(folder, 'key.pem')
export const CERTIFICATE = path.join(folder, 'certificate.pem')
const REQUEST =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost ' +
  '-addext subjectAltName=DNS:localhost,IP:127.0.0.1'
execFileSync('openssl', [...REQUEST.split(' '), '-keyout', KEY, '-out', CERTIFICATE], {
  stdio: 'pipe',
})

export interface Answer extends Error {
  responseCode: number
}

export function answer(responseCode: number, text: string): Answer {
  return Object.assign(new Error(text), { responseCode })
}

export interface SmtpOptions {
  readonly user?: string
  readonly password?: string
  readonly noStartTls?: boolean
  /** What a recipient is answered; nothing: he is taken. */
  readonly onRecipient?: (address: string) => Answer | undefined
  /** What a mail is answered once it has come whole; `cut` ends the connection instead. */
  readonly onMail?: (raw: string) => Answer | 'cut' | 'take and cut' | undefined
}

export interface TestSmtp {
  readonly port: number
  /** Mails that were taken, as they came. */
  readonly mails: { readonly to: string; readonly raw: string; readonly secure: boolean }[]
  settings(more?: Partial<SmtpSettings>): MailSettings
  close(): Promise<void>
}

export async function startSmtp(options: SmtpOptions = {}, port = 0): Promise<TestSmtp> {
  const mails: TestSmtp['mails'] = []
  const { user, password, onRecipient, onMail } = options
  const server = new SMTPServer({
    key: readFileSync(KEY),
    cert: readFileSync(CERTIFICATE),
    authOptional: user === undefined,
    disabledCommands: options.noStartTls === true ? ['STARTTLS'] : [],
    disableReverseLookup: true,
    logger: false,
    onAuth(given, _, done) {
      if (given.username === user && given.password === password) done(null, { user: user ?? '' })
      else done(answer(535, '5.7.8 Authentication failed'))
    },
    onRcptTo({ address }, _, done) {
      done(onRecipient?.(address) ?? null)
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const raw = Buffer.concat(pieces).toString('utf8')
        const said = onMail?.(raw)
        const take = (): void => {
          const to = session.envelope.rcptTo[0]?.address ?? ''
          mails.push({ to, raw, secure: session.secure })
        }
        if (said === 'cut' || said === 'take and cut') {
          if (said !== 'cut') take()
          for (const connection of server.connections) connection._socket.destroy()
          return
        }
        if (said === undefined) take()
        done(said ?? null)
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const at = (server.server.address() as AddressInfo).port
  return {
    port: at,
    mails,
    settings: (more = {}) => ({
      smtp: {
        host: 'localhost',
        port: at,
        isTls: false,
        startTls: 'required',
        user,
        password,
        caFile: CERTIFICATE,
        ...more,
      },
      from: 'rollcall@kommun.example',
      folder: undefined,
    }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
