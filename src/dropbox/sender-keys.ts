import { createHash } from 'node:crypto'
import ssh2, { type ParsedKey } from 'ssh2'
import { RollcallError } from '../errors.ts'
import type { SenderKey } from '../store/drop-boxes.ts'
import { KEYS_MAX, RSA_BITS_MIN } from './limits.ts'

const TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
]

/** How ssh-keygen -l shows a key. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`
}

/**
 * Public keys of a file: lines as in `id_ed25519.pub` or `authorized_keys`, or one key as PuTTYgen saves it (RFC 4716).
 * @throws RollcallError ERR_KEY_REFUSED saying which line is at fault: no public key, of another kind, or too short.
 */
export function readSenderKeys(text: string): SenderKey[] {
  const parts = text.includes('---- BEGIN')
    ? [text.trim()]
    : text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'))
  const keys = parts.map((part, at) => senderKey(part, at + 1))
  if (keys.length === 0) throw refused('There is no public key in the file')
  if (keys.length > KEYS_MAX) throw refused(`There are more than ${KEYS_MAX} keys`)
  return keys
}

function senderKey(text: string, line: number): SenderKey {
  if (/PRIVATE KEY|PuTTY-User-Key-File/.test(text)) {
    throw refused('This is a private key: it belongs to the sender and nobody else')
  }
  const parsed = parsedKey(text.includes('---- BEGIN') ? oneLine(text) : text)
  if (parsed === undefined || parsed.isPrivateKey()) {
    throw refused(`Line ${line} is no public key as OpenSSH writes it`)
  }
  if (!TYPES.includes(parsed.type)) throw refused(`Keys of type ${parsed.type} are not accepted`)
  const key = parsed.getPublicSSH()
  if (parsed.type === 'ssh-rsa' && rsaBits(key) < RSA_BITS_MIN) {
    throw refused(`The RSA key has ${rsaBits(key)} bits, fewer than ${RSA_BITS_MIN}`)
  }
  const comment = parsed.comment.replaceAll(/\p{C}/gu, '').slice(0, 100)
  return {
    type: parsed.type,
    data: key.toString('base64'),
    fingerprint: fingerprintOf(key),
    comment,
  }
}

/** A key in the format of RFC 4716 as a line: its headers, which may go on over several lines, say nothing about the key. */
function oneLine(text: string): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('----'))
  let isHeader = false
  const data = lines.filter((line) => {
    const is = isHeader || line.includes(':')
    isHeader = is && line.endsWith('\\')
    return !is
  })
  const key = Buffer.from(data.join(''), 'base64')
  const length = key.length < 4 ? 0 : key.readUInt32BE(0)
  const type = key.subarray(4, 4 + Math.min(length, 50)).toString('latin1')
  return `${type} ${key.toString('base64')}`
}

/** The key that a text says, or bytes as SSH writes them; undefined for anything else. */
export function parsedKey(text: string | Buffer): ParsedKey | undefined {
  // Declared as one key; of a file with several it gives a list.
  const parsed: ParsedKey | readonly ParsedKey[] | Error = ssh2.utils.parseKey(text)
  if (parsed instanceof Error) return undefined
  return Array.isArray(parsed) ? (parsed as readonly ParsedKey[])[0] : parsed
}

/** Bits of the modulus: after type and exponent (RFC 4253, 6.6). */
function rsaBits(key: Buffer): number {
  const exponentAt = 4 + key.readUInt32BE(0)
  const modulusAt = exponentAt + 4 + key.readUInt32BE(exponentAt)
  const length = key.readUInt32BE(modulusAt)
  const first = key.subarray(modulusAt + 4, modulusAt + 4 + length).findIndex((byte) => byte !== 0)
  const top = key[modulusAt + 4 + first] ?? 0
  return (length - first) * 8 - Math.clz32(top) + 24
}

function refused(message: string): RollcallError {
  return new RollcallError('ERR_KEY_REFUSED', message, {
    hint: `Ask the sender for his public key: ed25519, ECDSA, or RSA of at least ${RSA_BITS_MIN} bits. ssh-keygen -t ed25519 makes one.`,
  })
}
