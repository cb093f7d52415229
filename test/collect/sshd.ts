/** OpenSSH's server for tests: a port, host key and configuration of its own; SFTP alone. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'

/** Of a key that ssh-keygen made, and of the user who signs in with a password. */
export const PASSPHRASE = 'only a test'

/** Why a server of this package cannot be started here; false where it can. */
export function cannotStart(program: string, debianPackage: string): string | false {
  if (process.getuid?.() !== 0) return 'needs root, for an account of its own'
  return fs.existsSync(program) ? false : `needs the package ${debianPackage}`
}

export const noSshd = cannotStart('/usr/sbin/sshd', 'openssh-server')

export interface TestSshd {
  readonly port: number
  readonly user: string
  /** Somebody who signs in with a password. */
  readonly guest: string
  /** What it shows, as ssh-keygen prints it. */
  readonly fingerprint: string
  readonly key: string
  readonly keyWithPassphrase: string
  /** Makes a new host key and starts again on the same port. */
  changeHostKey(): Promise<string>
  stop(): Promise<void>
}

export async function startSshd(folder: string): Promise<TestSshd> {
  const at = (name: string): string => path.join(folder, name)
  const keygen = (...words: string[]): string => {
    const done = spawnSync('ssh-keygen', words, { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`ssh-keygen: ${done.stderr}`)
    return done.stdout
  }
  const makeHostKey = (): string => {
    fs.rmSync(at('host'), { force: true })
    keygen('-q', '-t', 'ed25519', '-N', '', '-f', at('host'))
    return keygen('-l', '-f', at('host.pub')).split(' ')[1] ?? ''
  }
  let fingerprint = makeHostKey()
  keygen('-q', '-t', 'ed25519', '-N', '', '-f', at('user'))
  keygen('-q', '-t', 'rsa', '-b', '3072', '-N', PASSPHRASE, '-f', at('locked'))
  const publics = ['user.pub', 'locked.pub'].map((name) => fs.readFileSync(at(name), 'utf8'))
  fs.writeFileSync(at('authorized'), publics.join(''), { mode: 0o600 })
  const port = await freePort()
  // Debian's server wants this folder, which its service would have made.
  fs.mkdirSync('/run/sshd', { recursive: true })
  fs.writeFileSync(
    at('config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
      `PidFile ${at('pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication yes',
      'KbdInteractiveAuthentication no',
      'Subsystem sftp internal-sftp',
      'ForceCommand internal-sftp',
      'MaxStartups 100',
      '',
    ].join('\n'),
  )
  const guest = `rctest${process.pid}s`
  const tool = (program: string, words: readonly string[], input = ''): void => {
    const done = spawnSync(program, words, { encoding: 'utf8', input })
    if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`)
  }
  tool('useradd', ['--no-create-home', '--home-dir', folder, '--shell', '/bin/sh', guest])
  tool('chpasswd', [], `${guest}:${PASSPHRASE}\n`)
  const start = async () => {
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('config')], { stdio: 'ignore' })
    await listening(port)
    return child
  }
  let child = await start()
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  const stop = async (): Promise<void> => {
    await end()
    spawnSync('userdel', [guest])
  }
  return {
    port,
    guest,
    user: spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim(),
    get fingerprint() {
      return fingerprint
    },
    key: fs.readFileSync(at('user'), 'utf8'),
    keyWithPassphrase: fs.readFileSync(at('locked'), 'utf8'),
    async changeHostKey() {
      await end()
      fingerprint = makeHostKey()
      child = await start()
      return fingerprint
    },
    stop,
  }
}

export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const socket = net.connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await sleep(25)
  }
  throw new Error(`nothing listens on port ${port}`)
}
