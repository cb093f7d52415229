/** Attempts; what is small enough to read by then is small enough. */
const ATTEMPTS_MAX = 3000

/** A smaller input that is still `wanted`: pieces are taken out, large ones first, for as long as that goes on working. */
export function minimise(bytes: Buffer, wanted: (bytes: Buffer) => boolean): Buffer {
  let smallest = bytes
  let attempts = 0
  for (let size = bytes.length >> 1; size >= 1 && attempts < ATTEMPTS_MAX; size >>= 1) {
    for (let at = 0; at < smallest.length && attempts < ATTEMPTS_MAX;) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      attempts++
      if (wanted(without)) smallest = without
      else at += size
    }
  }
  return smallest
}
