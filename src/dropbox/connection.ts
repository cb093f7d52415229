import type { Socket } from 'node:net'
import type { Connection as SshConnection, ServerChannel, SFTPWrapper } from 'ssh2'
import type { DropBox } from '../store/drop-boxes.ts'
import { type Counts, plainAddress } from './addresses.ts'
import { SftpChannel } from './channel.ts'
import type { BoxContext } from './in-box.ts'
import type { Pace } from './pace.ts'
import { SignIn } from './sign-in.ts'

export interface ConnectionOptions {
  readonly context: BoxContext
  readonly counts: Counts
  readonly pace: Pace
  /** Milliseconds, which never go back. */
  readonly clock: () => number
  readonly onError: (error: unknown) => void
}

const NO_COMMANDS =
  'This server takes files by SFTP and runs no commands. Use: sftp, or scp without -O (OpenSSH 9 or newer).\r\n'

/** One connection, from its first byte to its last. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #address: string
  readonly #startedAt: number
  #lastAt: number
  #client: SshConnection | undefined
  #account: DropBox | undefined
  readonly #channels = new Set<SftpChannel>()
  #sessions = 0
  #isEnding = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options
    this.#socket = socket
    this.#address = plainAddress(socket.remoteAddress)
    this.#startedAt = options.clock()
    this.#lastAt = this.#startedAt
    // Without one, an error of a socket ends the process.
    socket.on('error', () => {})
  }

  /** Whether somebody has a file open, or waits for an answer. */
  get isWriting(): boolean {
    return [...this.#channels].some((channel) => channel.isWriting)
  }

  /** The client has said what it is, and speaks SSH. */
  speak(client: SshConnection, software: string): void {
    const { context, counts, onError } = this.#options
    this.#client = client
    client.on('error', () => {})
    const { database, limits, now } = context
    const end = (): void => this.end()
    const signIn = new SignIn({ database, limits, counts, address: this.#address, now, end })
    client.on('authentication', (attempt) => {
      signIn.attempt(attempt).then(
        (account) => {
          if (account === undefined) return
          this.#account = account
          this.#lastAt = this.#options.clock()
          // Gone while it was being looked up.
          if (this.#socket.destroyed) this.#leave()
        },
        (error: unknown) => {
          onError(error)
          this.end()
        },
      )
    })
    client.on('session', (accept, reject) => {
      if (this.#sessions >= limits.channelsMax) {
        reject()
        return
      }
      this.#sessions += 1
      const session = accept()
      session.on('close', () => (this.#sessions -= 1))
      session.on('sftp', (acceptSftp) => this.#serve(acceptSftp(), software))
      session.on('exec', (acceptExec) => refuseCommand(acceptExec()))
      session.on('shell', (acceptShell) => refuseCommand(acceptShell()))
    })
  }

  /** Ends it if one of its times is over. */
  check(): void {
    const { signInSecondsMax, idleSecondsMax, connectionSecondsMax } = this.#options.context.limits
    const now = this.#options.clock()
    const isBusy = [...this.#channels].some((channel) => channel.isBusy)
    const isLate = this.#account === undefined && now - this.#startedAt > signInSecondsMax * 1000
    const isIdle = !isBusy && now - this.#lastAt > idleSecondsMax * 1000
    const isOld = now - this.#startedAt > connectionSecondsMax * 1000
    if (isLate || isIdle || isOld) this.end()
  }

  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#client?.end()
    this.#socket.destroySoon()
    // A client that does not read keeps a socket half open for as long as it likes.
    setTimeout(() => this.#socket.destroy(), END_MS).unref()
  }

  /** The socket is closed. Resolves once what it had open is broken off. */
  async over(): Promise<void> {
    this.#leave()
    await Promise.all([...this.#channels].map((channel) => channel.over()))
  }

  #leave(): void {
    if (this.#account !== undefined) this.#options.counts.leaveAccount(this.#account.userName)
    this.#account = undefined
  }

  #serve(sftp: SFTPWrapper, software: string): void {
    const account = this.#account
    if (account === undefined) {
      this.end()
      return
    }
    const { context, pace, onError, clock } = this.#options
    const channel = new SftpChannel(sftp, {
      context,
      owner: account,
      pace: (bytes) => pace.keep(account.userName, bytes),
      onRequest: () => (this.#lastAt = clock()),
      explain: software.startsWith('OpenSSH') ? (text) => explain(sftp, text) : () => {},
      end: () => this.end(),
      onError,
    })
    this.#channels.add(channel)
    const over = (): void => {
      channel.over().then(() => this.#channels.delete(channel), onError)
    }
    sftp.on('end', () => {
      // OpenSSH waits for the answer to its end and hangs without; its scp fails where no exit status says that all is well.
      endWell(sftp)
      over()
    })
    sftp.on('close', over)
    sftp.on('error', () => this.end())
  }
}

/** Milliseconds that a client has to take what was sent to it before the end. */
const END_MS = 2000

function refuseCommand(channel: ServerChannel): void {
  channel.stderr.write(NO_COMMANDS)
  channel.exit(1)
  channel.end()
}

interface Inside {
  readonly _protocol: {
    channelExtData(channel: number, data: Buffer, type: number): void
    exitStatus(channel: number, status: number): void
  }
  readonly outgoing: { readonly id: number; readonly state: string; window: number }
}
const STDERR = 1

function endWell(sftp: SFTPWrapper): void {
  const { _protocol: protocol, outgoing } = sftp as unknown as Inside
  if (outgoing.state === 'open') protocol.exitStatus(outgoing.id, 0)
  sftp.end()
}

/**
 * Writes to the standard error of OpenSSH's sftp and scp. They show people a status as "Failure" or "Permission denied", and
 * never the text that comes with it; other clients show that.
 */
function explain(sftp: SFTPWrapper, text: string): void {
  const { _protocol: protocol, outgoing } = sftp as unknown as Inside
  const line = Buffer.from(`${text}\r\n`)
  if (outgoing.state !== 'open' || outgoing.window < line.length) return
  outgoing.window -= line.length
  protocol.channelExtData(outgoing.id, line, STDERR)
}
