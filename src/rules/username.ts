import type { PersonRecord } from '../roster/person.ts'

const TOKEN = /\{(given|family)(?::([1-9][0-9]?))?\}|\{(n)\}/g
const LITERAL = /^[a-z0-9._@-]*$/i

/** Letters that Unicode does not take apart into a base letter and marks, as they are written without them. */
const LETTERS: { readonly [letter: string]: string } = {
  æ: 'ae',
  ø: 'o',
  œ: 'oe',
  ß: 'ss',
  ð: 'd',
  đ: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  ħ: 'h',
  ŋ: 'ng',
  ŧ: 't',
}

/** Whether this is `off` or a pattern from which a username can be made: it must use a name. */
export function isUsernamePattern(pattern: string): boolean {
  if (pattern === 'off') return true
  return LITERAL.test(pattern.replace(TOKEN, '')) && /\{(given|family)/.test(pattern)
}

/**
 * Makes usernames after a pattern: `{given:3}` the first three letters of the given name, `{family}` all of the
 * family name, `{n}` nothing at the first attempt, then 2, 3, 4 …, at the end where the pattern has no place for it.
 */
export function usernameMaker(
  pattern: string,
): (person: PersonRecord, attempt: number) => string | undefined {
  if (pattern === 'off') return () => undefined
  const numbered = pattern.includes('{n}') ? pattern : `${pattern}{n}`
  return (person, attempt) => {
    const { given, family } = namesOf(person)
    if (given === '' && family === '') return undefined
    const made = numbered.replace(
      TOKEN,
      (_, name: string | undefined, length: string | undefined) => {
        if (name === undefined) return attempt > 1 ? String(attempt) : ''
        const letters = name === 'given' ? given : family
        return length === undefined ? letters : letters.slice(0, Number(length))
      },
    )
    return made.toLowerCase()
  }
}

function namesOf(person: PersonRecord): { readonly given: string; readonly family: string } {
  const { given, family, name } = person.fields
  if (given !== undefined || family !== undefined) {
    return { given: plainLetters(given ?? ''), family: plainLetters(family ?? '') }
  }
  const words = (name ?? '').split(' ')
  return {
    given: plainLetters(words.slice(0, -1).join('')),
    family: plainLetters(words.at(-1) ?? ''),
  }
}

/** Lower case ASCII letters and digits of a name; å and ä become a, ø and ö o, æ ae; what has no such form is left out. */
export function plainLetters(name: string): string {
  let letters = ''
  for (const letter of name.toLowerCase().normalize('NFD')) letters += LETTERS[letter] ?? letter
  return letters.replace(/[^a-z0-9]/g, '')
}
