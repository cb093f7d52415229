import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { Client, type SFTPWrapper, type Stats } from 'ssh2'
import { RollcallError } from '../errors.ts'
import type { Fetcher, Job } from './contract.ts'
import { connectionFailure, failure } from './failure.ts'
import { fetchFiles, meantFiles, type RemoteFile, type RemoteFolder } from './files.ts'
import { addressesOf } from './reach.ts'

/** Modern ones alone. ChaCha20 is left out: its native part breaks on the OpenSSL of this Node. */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group14-sha256',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
  ],
} as const

const NO_SUCH_FILE = 2
const PERMISSION_DENIED = 3

/** Files of an SFTP server. */
export const sftpFetcher: Fetcher<'sftp'> = {
  async test(job) {
    await job.reach(job.settings.host)
    const found = await addressesOf(job.settings.host)
    job.say('resolve', `${job.settings.host} has ${found.length} addresses`)
    const folder = await open(job)
    const files = await meantFiles(folder, job)
    job.say('files', `${files.length} files of this name`)
    for (const { name, bytes } of files.slice(-10)) job.say('files', `${name}, ${bytes} bytes`)
  },
  async *fetch(job) {
    yield* fetchFiles(await open(job), job)
  },
}

/** The fingerprint of a host's key, as OpenSSH shows it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** Connects, checks the host's key before any secret is sent, signs in and opens the folder. */
async function open(job: Job<'sftp'>): Promise<RemoteFolder> {
  const { settings, deadline, say } = job
  const client = await connected(job)
  say('sign in', `${settings.user} is let in`)
  deadline.at('folder')
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
    client.sftp((error, opened) => (error === undefined ? resolve(opened) : reject(error))),
  ).catch((cause: unknown) => {
    const what = 'the server lets us in and gives no files'
    throw failure('ERR_FETCH_FAILED', 'folder', what, { cause })
  })
  const folder = folderOf(sftp, settings.folder, deadline.alive)
  await folder.list()
  say('folder', `${settings.folder} can be read`)
  return folder
}

async function connected({
  settings,
  secrets,
  deadline,
  reach,
  say,
}: Job<'sftp'>): Promise<Client> {
  const { host, port, user, hostKey } = settings
  const { password, privateKey, passphrase } = secrets
  if (password === undefined && privateKey === undefined) {
    throw failure('ERR_COLLECTOR_WRONG', 'settings', 'there is neither password nor privateKey')
  }
  deadline.at('connect')
  const address = await reach(host)
  const client = new Client()
  deadline.onEnd(() => client.destroy())
  let refusal: RollcallError | undefined
  return new Promise<Client>((resolve, reject) => {
    client.on('error', (error: Error & { readonly level?: string }) =>
      reject(refusal ?? clientFailure(error)),
    )
    client.on('close', () =>
      reject(failure('ERR_FETCH_UNREACHABLE', 'connect', 'the other side closed the connection')),
    )
    client.on('connect', () => say('connect', `${host} port ${port} answers`))
    client.on('ready', () => resolve(client))
    // Some servers ask for the password so, and not as a password.
    client.on('keyboard-interactive', (_name, _words, _language, prompts, finish) =>
      finish(prompts.map(() => password ?? '')),
    )
    const verify = (key: Buffer): boolean => {
      const found = fingerprintOf(key)
      deadline.at('trust')
      if (found === hostKey) say('trust', `the host's key is ${found}, as set`)
      else refusal = notTrusted(found, hostKey)
      deadline.at('sign in')
      return refusal === undefined
    }
    try {
      client.connect({
        host: address ?? host,
        port,
        username: user,
        ...(password === undefined ? {} : { password, tryKeyboard: true }),
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(passphrase === undefined ? {} : { passphrase }),
        hostVerifier: verify,
        // The deadline watches; these would only speak in other words.
        readyTimeout: 0,
        keepaliveInterval: 0,
        algorithms: ALGORITHMS as never,
      })
    } catch (cause) {
      const what = 'the private key cannot be read'
      const hint = 'Is it whole, in the form of OpenSSH or PEM, and is its passphrase set?'
      reject(failure('ERR_COLLECTOR_WRONG', 'settings', what, { hint, cause }))
    }
  })
}

/** A host whose key is not the one that was set. It is told apart from one that was never looked at. */
export class UnknownHost extends RollcallError {
  readonly fingerprint: string

  constructor(fingerprint: string) {
    super(
      'ERR_FETCH_NOT_TRUSTED',
      `the collector stopped at checking whom it talks to: the host's key is ${fingerprint}, and none is set`,
      {
        hint: 'Compare it with what the operator of the host says, then: rollcall collectors test SOURCE --trust-host-key',
      },
    )
    this.fingerprint = fingerprint
  }
}

function notTrusted(found: string, expected: string | undefined): RollcallError {
  if (expected === undefined) return new UnknownHost(found)
  return failure('ERR_FETCH_NOT_TRUSTED', 'trust', `the host's key is ${found}, not ${expected}`, {
    hint: 'It was changed, or this is another host. Ask its operator before you set the new hostKey.',
  })
}

function clientFailure(error: Error & { readonly level?: string }): RollcallError {
  if (error.level === 'client-authentication') {
    return failure('ERR_FETCH_SIGN_IN', 'sign in', 'user, password or key was not accepted', {
      hint: 'Try them with an SFTP client from this machine.',
      cause: error,
    })
  }
  if (/no matching|handshake failed/i.test(error.message)) {
    return failure('ERR_FETCH_NOT_TRUSTED', 'trust', 'it offers only ways that are not secure', {
      hint: 'Its SSH server is too old: docs/collectors.md lists what is accepted.',
      cause: error,
    })
  }
  return connectionFailure(error, 'connect')
}

function folderOf(sftp: SFTPWrapper, folder: string, alive: () => void): RemoteFolder {
  const at = (name: string): string =>
    folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`
  const fileOf = (name: string, stats: Stats): RemoteFile => ({
    name,
    bytes: stats.size,
    modifiedAt: stats.mtime * 1000,
  })
  return {
    async list() {
      const entries = await called<readonly { filename: string; attrs: Stats }[]>(
        'folder',
        (done) => sftp.readdir(folder, done),
      )
      alive()
      return entries
        .filter(({ attrs }) => (attrs.mode & 0o170000) === 0o100000)
        .map(({ filename, attrs }) => fileOf(filename, attrs))
    },
    dated: (files) => Promise.resolve(files),
    async look(name) {
      try {
        return fileOf(name, await called<Stats>('files', (done) => sftp.lstat(at(name), done)))
      } catch (error) {
        if (codeOf(error) === NO_SUCH_FILE) return undefined
        throw error
      }
    },
    async read(name, into) {
      try {
        await pipeline(sftp.createReadStream(at(name)), into.stream(alive))
      } catch (error) {
        throw fileFailure(error, 'fetch')
      }
    },
    remove: (name) => called<void>('fetch', (done) => sftp.unlink(at(name), done)),
    move: (name, into) =>
      called<void>('fetch', (done) => sftp.rename(at(name), at(`${into}/${name}`), done)),
  }
}

function called<T>(
  step: 'folder' | 'files' | 'fetch',
  call: (done: (error: Error | null | undefined, value: T) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) =>
    call((error, value) => {
      // null where it went well.
      if (error) reject(fileFailure(error, step))
      else resolve(value)
    }),
  )
}

function codeOf(error: unknown): unknown {
  const { cause } = error as { readonly cause?: unknown }
  return (cause as { readonly code?: unknown } | undefined)?.code
}

function fileFailure(error: unknown, step: 'folder' | 'files' | 'fetch'): RollcallError {
  if (error instanceof RollcallError) return error
  const { code } = error as { readonly code?: unknown }
  const what = step === 'folder' ? 'folder' : 'file'
  if (code === NO_SUCH_FILE) {
    return failure('ERR_FETCH_FAILED', step, `there is no such ${what}`, { cause: error })
  }
  if (code === PERMISSION_DENIED) {
    return failure('ERR_FETCH_FAILED', step, `the ${what} may not be read or changed`, {
      cause: error,
    })
  }
  return connectionFailure(error, step)
}
