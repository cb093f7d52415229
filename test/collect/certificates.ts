/** Certificates for tests: an authority, a server of it for localhost, a client of it; and a server of nobody. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface Certificates {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly expired: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

export function makeCertificates(folder: string): Certificates {
  const at = (name: string): string => path.join(folder, name)
  const openssl = (...parts: readonly (readonly string[])[]): void => {
    const words = parts.flat()
    const done = spawnSync('openssl', words, { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`openssl ${words[0]}: ${done.stderr}`)
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    ['req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.crt')],
    ['-days', '2', '-subj', '/CN=Test authority'],
  )
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  const sign = (name: string, days: string): { cert: string; key: string } => {
    openssl(
      ['req', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)],
      ['-subj', `/CN=${name}`],
    )
    openssl(
      ['x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.crt'), '-CAkey', at('ca.key')],
      ['-CAcreateserial', '-out', at(`${name}.crt`), '-days', days, '-extfile', at('names')],
    )
    return {
      cert: readFileSync(at(`${name}.crt`), 'utf8'),
      key: readFileSync(at(`${name}.key`), 'utf8'),
    }
  }
  return {
    ca: readFileSync(at('ca.crt'), 'utf8'),
    server: sign('server', '2'),
    expired: sign('expired', '-1'),
    client: sign('client', '2'),
  }
}
