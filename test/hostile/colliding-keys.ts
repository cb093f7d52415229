import { Draw } from './draw.ts'

const WORD = (1n << 64n) - 1n
const P1 = 0x9e3779b185ebca87n
const P2 = 0xc2b2ae3d27d4eb4fn

const left = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (64n - by))) & WORD

/** The number whose product with an odd one is 1, modulo 2^64 (Newton). */
function inverse(odd: bigint): bigint {
  let found = odd
  for (let round = 0; round < 6; round++) found = (found * (2n - odd * found)) & WORD
  return found
}

const INVERSE_P1 = inverse(P1)
const INVERSE_P2 = inverse(P2)
/** What xxHash64 makes of 8 bytes before it joins them to the rest, and back. */
const mixed = (word: bigint): bigint => (left((word * P2) & WORD, 31n) * P1) & WORD
const unmixed = (word: bigint): bigint =>
  (left((word * INVERSE_P1) & WORD, 33n) * INVERSE_P2) & WORD

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.split('')
/** Nothing that XML or a trimmed text would lose. */
const READABLE = /^[^\s\p{C}<>&\ufffd]+$/u
const ATTEMPTS_MAX = 3_000_000

/** Two words of eight bytes that differ, mixed, in nothing but one bit; the first is letters, the other any text in UTF-8. */
function pair(draw: Draw, bit: bigint): readonly [string, string] {
  const bytes = Buffer.alloc(8)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    let one = ''
    while (one.length < 8) one += draw.pick(LETTERS)
    bytes.write(one)
    bytes.writeBigUInt64LE(unmixed(mixed(bytes.readBigUInt64LE()) ^ bit))
    const other = bytes.toString()
    if (READABLE.test(other)) return [one, other]
  }
  throw new Error('no such words')
}

/**
 * Two keys of 16 bytes that xxHash64 takes for one, whatever its seed. After the first eight the state is rotated by 27 and
 * multiplied by an odd number: bit 36 ends as bit 63, which no multiplication carries on. The second eight take it back.
 * Anybody makes them in a second.
 */
export function collidingKeys(seed: number): readonly [string, string] {
  const draw = new Draw(seed)
  const [first, firstOther] = pair(draw, 1n << 36n)
  const [second, secondOther] = pair(draw, 1n << 63n)
  return [first + second, firstOther + secondOther]
}
