/** Shorter ones are looked for as whole values only: `12` stands in many texts that are about something else. */
const WORD_LENGTH_MIN = 5

/**
 * What finds an erased person where he is named outside his own rows: values that are his alone. One is found where it
 * is a whole value, or, from five characters on, where it stands in a text as a word.
 */
export interface Traces {
  readonly values: readonly string[]
  /** PostgreSQL's regular expressions: for a text, and for JSON as text. */
  readonly inText: string
  readonly inJson: string
  /** The same for a text in the program. */
  isIn(text: string): boolean
}

/** Undefined where nothing is his alone. */
export function tracesOf(identifiers: readonly string[]): Traces | undefined {
  const values = [...new Set(identifiers)].filter((value) => value !== '').toSorted()
  if (values.length === 0) return undefined
  const whole = new Set(values)
  const long = values.filter((value) => value.length >= WORD_LENGTH_MIN)
  const words = (escape: (value: string) => string): string =>
    long.length === 0
      ? ''
      : `|(?<![[:alnum:]])(?:${long.map((value) => escaped(escape(value))).join('|')})(?![[:alnum:]])`
  const inJson = (value: string): string => JSON.stringify(value).slice(1, -1)
  return {
    values,
    inText: `^(?:${values.map(escaped).join('|')})$${words((value) => value)}`,
    inJson: `"(?:${values.map((value) => escaped(inJson(value))).join('|')})"${words(inJson)}`,
    isIn: (text) => whole.has(text) || long.some((value) => standsIn(text, value)),
  }
}

/** Stands in a text with no letter or digit right before or behind it. */
export function standsIn(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + value.length])) return true
  }
  return false
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z0-9]/.test(character)
}

/** A value taken literally by a regular expression. */
function escaped(value: string): string {
  return value.replace(/[^\p{Letter}\p{Number}\s]/gu, (character) => `\\${character}`)
}

/** JSON with every text and name that names him replaced. */
export function withoutTraces(value: unknown, traces: Traces): unknown {
  if (typeof value === 'string') return traces.isIn(value) ? ERASED : value
  if (Array.isArray(value)) return value.map((each) => withoutTraces(each, traces))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      traces.isIn(name) ? ERASED : name,
      withoutTraces(each, traces),
    ]),
  )
}

/** What stands in reports in place of what was erased. */
export const ERASED = '(erased)'
