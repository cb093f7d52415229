/** vsftpd for tests: a port, certificate and user of its own. It signs local users in by PAM, so one is made and removed. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import type { Certificates } from './certificates.ts'
import { freePort } from '../free-port.ts'
import { listening } from './sshd.ts'

export interface TestFtpd {
  readonly port: number
  readonly user: string
  readonly password: string
  /** The folder that the user sees, for the test to write to. */
  readonly home: string
  stop(): Promise<void>
}

export async function startFtpd(
  folder: string,
  certificates: Certificates,
  tls: 'off' | 'explicit' | 'implicit',
): Promise<TestFtpd> {
  const at = (name: string): string => path.join(folder, name)
  const user = `rctest${process.pid}${tls[0]}`
  const password = 'only a test'
  const home = at('home')
  fs.mkdirSync(home, { recursive: true })
  const tool = (program: string, words: string[], input = ''): void => {
    const done = spawnSync(program, words, { encoding: 'utf8', input })
    if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`)
  }
  tool('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', user])
  tool('chpasswd', [], `${user}:${password}\n`)
  tool('chown', [user, home])
  fs.writeFileSync(at('cert.pem'), certificates.server.cert)
  fs.writeFileSync(at('key.pem'), certificates.server.key, { mode: 0o600 })
  fs.mkdirSync(at('empty'), { recursive: true })
  const port = await freePort()
  const yes = (is: boolean): string => (is ? 'YES' : 'NO')
  fs.writeFileSync(
    at('vsftpd.conf'),
    [
      'listen=YES',
      'listen_address=127.0.0.1',
      `listen_port=${port}`,
      'background=NO',
      'anonymous_enable=NO',
      'local_enable=YES',
      'write_enable=YES',
      'pam_service_name=vsftpd',
      `secure_chroot_dir=${at('empty')}`,
      'chroot_local_user=NO',
      'use_localtime=NO',
      'seccomp_sandbox=NO',
      `ssl_enable=${yes(tls !== 'off')}`,
      ...(tls === 'off'
        ? []
        : [
            `rsa_cert_file=${at('cert.pem')}`,
            `rsa_private_key_file=${at('key.pem')}`,
            'force_local_logins_ssl=YES',
            'force_local_data_ssl=YES',
            `implicit_ssl=${yes(tls === 'implicit')}`,
            'ssl_ciphers=HIGH',
            'require_ssl_reuse=YES',
          ]),
      '',
    ].join('\n'),
  )
  const child = spawn('/usr/sbin/vsftpd', [at('vsftpd.conf')], { stdio: 'ignore' })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    spawnSync('userdel', [user])
  }
  try {
    await listening(port)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, user, password, home, stop }
}
