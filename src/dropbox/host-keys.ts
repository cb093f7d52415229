import ssh2 from 'ssh2'
import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import { hostKeys, insertHostKey, replaceHostKey } from '../store/host-keys.ts'
import type { Sealing } from '../store/sealed.ts'
import { fingerprintOf, parsedKey } from './sender-keys.ts'

/** What its keys are sealed for. */
export const HOST_KEY_PURPOSE = 'drop box host key'
const INSTALLATION = 0
/** The second is for clients from before 2014. */
const MADE = [
  ['ssh-ed25519', (): string => ssh2.utils.generateKeyPairSync('ed25519').private],
  [
    'ecdsa-sha2-nistp256',
    (): string => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private,
  ],
] as const
const ATTEMPTS = 10

/** A host key, to be used or shown. */
export interface HostKey {
  readonly algorithm: string
  readonly privateKey: string
  /** As a line of `known_hosts` or `.pub` has it: type and base64. */
  readonly publicKey: string
  readonly fingerprint: string
}

/**
 * The server's keys; made on first use, and kept encrypted in the database, so that all processes on all hosts are one server
 * to their clients.
 * @throws RollcallError ERR_SECRET_UNREADABLE when the installation's key is another.
 */
export async function readHostKeys(
  database: Database,
  sealing: Sealing,
  now: () => Date,
): Promise<readonly HostKey[]> {
  const stored = await hostKeys(database)
  for (const [algorithm, make] of MADE) {
    if (stored.some((key) => key.algorithm === algorithm)) continue
    await insertHostKey(database, sealed(checkedKey(make), sealing), now().toISOString())
  }
  const all = await hostKeys(database)
  const keys = all.map(({ algorithm, privateKey, publicKey }) => ({
    algorithm,
    privateKey: sealing.open(privateKey, HOST_KEY_PURPOSE, INSTALLATION),
    publicKey,
    fingerprint: fingerprintOf(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')),
  }))
  // The first one is what clients are offered first.
  return keys.toSorted((a, b) => rank(a.algorithm) - rank(b.algorithm))
}

/**
 * Takes over the key of a server that this one follows, so that senders' clients notice nothing.
 * @throws RollcallError ERR_KEY_REFUSED for what is no private key without a passphrase.
 */
export async function importHostKey(
  database: Database,
  sealing: Sealing,
  { text, now }: { readonly text: string; readonly now: string },
): Promise<void> {
  await replaceHostKey(
    database,
    sealed(
      checkedKey(() => text, 1),
      sealing,
    ),
    now,
  )
}

function rank(algorithm: string): number {
  const at = MADE.findIndex(([name]) => name === algorithm)
  return at === -1 ? MADE.length : at
}

interface Checked {
  readonly algorithm: string
  readonly privateKey: string
  readonly publicKey: string
}

/** The library has made keys that it could not read again: one is used only after it has signed something. */
function checkedKey(make: () => string, attempts = ATTEMPTS): Checked {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const privateKey = make()
    const key = parsedKey(privateKey)
    if (key === undefined || !key.isPrivateKey()) continue
    const publicKey = `${key.type} ${key.getPublicSSH().toString('base64')}`
    // For an RSA key the library would also offer to sign with SHA-1.
    if (key.type === 'ssh-rsa') break
    const readAgain = parsedKey(publicKey)
    const text = Buffer.from('is it a key')
    try {
      if (readAgain?.verify(text, key.sign(text)) === true) {
        return { algorithm: key.type, privateKey, publicKey }
      }
    } catch {
      // Not one that works: the next.
    }
  }
  throw new RollcallError('ERR_KEY_REFUSED', 'This is no private key that can be used as it is', {
    hint: 'An ed25519 or ECDSA key without a passphrase, such as /etc/ssh/ssh_host_ed25519_key.',
  })
}

function sealed(
  { algorithm, privateKey, publicKey }: Checked,
  sealing: Sealing,
): {
  readonly algorithm: string
  readonly privateKey: Buffer
  readonly publicKey: string
} {
  return {
    algorithm,
    publicKey,
    privateKey: sealing.seal(privateKey, HOST_KEY_PURPOSE, INSTALLATION),
  }
}
