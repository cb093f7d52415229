/**
 * Patterns in rules: `*` stands for any text, `{}` for the part that is meant. Not regular expressions, so that a
 * key of any length is matched in one pass and a rule can be read by whoever knows the keys.
 */
export interface Pattern {
  readonly matches: (value: string) => boolean
  /** What `{}` stands for, or the whole value where the pattern has none; undefined where it does not match. */
  readonly part: (value: string) => string | undefined
}

/** A vocabulary has a few dozen words; a file that has more of them is looked through each time. */
const RANKS_MAX = 1000

const WILDCARD = /(\*|\{\})/

/** Whether this can be a pattern: at most one `{}`, and text between two wildcards, or the part meant would be open. */
export function isPattern(text: string): boolean {
  const pieces = text.split(WILDCARD)
  const inner = pieces.slice(2, -2).filter((_, index) => index % 2 === 0)
  return pieces.filter((piece) => piece === '{}').length <= 1 && !inner.includes('')
}

/** Compiles a pattern for which `isPattern` holds. Letters match whatever their case. */
export function compilePattern(text: string): Pattern {
  const pieces = text.split(WILDCARD)
  const literals = pieces.filter((_, index) => index % 2 === 0).map((piece) => piece.toLowerCase())
  const meant = pieces.filter((_, index) => index % 2 === 1).indexOf('{}')

  const part = (value: string): string | undefined => {
    const lower = value.toLowerCase()
    // A few letters become two in lower case: then places in the one are not places in the other.
    const spelt = lower.length === value.length ? value : lower
    const first = literals[0] ?? ''
    if (literals.length === 1) return lower === first ? value : undefined
    if (!lower.startsWith(first)) return undefined
    const last = literals.at(-1) ?? ''
    const lastAt = lower.length - last.length
    let from = first.length
    let found: string | undefined
    for (let gap = 0; gap < literals.length - 1; gap++) {
      const isLast = gap === literals.length - 2
      const literal = literals[gap + 1] ?? ''
      const at = isLast ? lastAt : lower.indexOf(literal, from)
      if (at < from || (isLast && !lower.endsWith(last))) return undefined
      if (gap === meant) found = spelt.slice(from, at)
      from = at + literal.length
    }
    return meant === -1 ? value : found
  }
  return { matches: (value) => part(value) !== undefined, part }
}

/** How far in front the first pattern stands that fits a value, from 0; infinite where none does. */
export function rankOf(patterns: readonly string[]): (value: string) => number {
  const compiled = patterns.map(compilePattern)
  const ranks = new Map<string, number>()
  return (value) => {
    const known = ranks.get(value)
    if (known !== undefined) return known
    const found = compiled.findIndex(({ matches }) => matches(value))
    const rank = found < 0 ? Infinity : found
    if (ranks.size < RANKS_MAX) ranks.set(value, rank)
    return rank
  }
}

/** Finds what the first pattern stands for that fits a value; undefined where none does. */
export function firstOf<V>(values: Readonly<Record<string, V>>): (value: string) => V | undefined {
  const all = Object.values(values)
  const rank = rankOf(Object.keys(values))
  return (value) => all[rank(value)]
}
