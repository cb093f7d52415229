/** 32 bits that look random and depend on all the numbers given: what demo data draws its details from. */
export function hash32(...parts: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** One of `items`, always the same for the same hash. */
export function pick<T>(items: readonly T[], hash: number): T {
  const item = items[hash % items.length]
  if (item === undefined) throw new RangeError('Nothing to pick from.')
  return item
}

/** `count` different whole numbers below `limit` in random order, or all of them if there are no more. */
export function drawDistinct(count: number, limit: number, ...seed: readonly number[]): number[] {
  const swapped = new Map<number, number>()
  return Array.from({ length: Math.min(count, limit) }, (_, i) => {
    const j = i + (hash32(...seed, i) % (limit - i))
    const drawn = swapped.get(j) ?? j
    swapped.set(j, swapped.get(i) ?? i)
    return drawn
  })
}
