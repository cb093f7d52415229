import { RollcallError } from '../errors.ts'

/** Length is what counts (NIST SP 800-63B, 3.1.1): nothing is asked of the kinds of characters. */
export const PASSWORD_CHARACTERS_MIN = 12
export const PASSWORD_CHARACTERS_MAX = 256
/** What has to be left of a password without obvious words, runs and repetitions. */
const OTHER_CHARACTERS_MIN = 6

/** Words that guessing begins with in the countries where this is used, without accents. */
const OBVIOUS = `
  password passord losenord adgangskode kodeord salasana passwort kennwort welcome valkommen velkommen
  tervetuloa willkommen letmein changeme secret spring summer autumn winter sommar vinter hosten varen
  sommer kesa talvi syksy herbst fruhling hemmelig hemlig salainen geheim administrator admin operator
  rollcall itslearning user test root login school skola skole koulu schule kommune kommun kunta
  gemeinde qwerty qwertz uiop asdf zxcv yxcv 1q2w3e4r iloveyou dragon monkey football`
  .trim()
  .split(/\s+/)

/**
 * Whether a password may be set; `context` are names that are obvious here: of the account, its sites.
 * @throws RollcallError ERR_PASSWORD_REFUSED saying which rule it breaks, and nothing of what it is
 */
export function checkPassword(password: string, context: readonly string[]): void {
  const { length } = Array.from(password.normalize('NFKC'))
  if (length < PASSWORD_CHARACTERS_MIN) {
    throw refused(`The password has fewer than ${PASSWORD_CHARACTERS_MIN} characters`)
  }
  if (length > PASSWORD_CHARACTERS_MAX) {
    throw refused(`The password has more than ${PASSWORD_CHARACTERS_MAX} characters`)
  }
  if (otherCharacters(password, context) < OTHER_CHARACTERS_MIN) {
    throw refused('The password is one that would be guessed early')
  }
}

/** How many characters are neither of obvious words or years nor go on as the ones before do (aaa, 123, cba). */
function otherCharacters(password: string, context: readonly string[]): number {
  const words = [...context.flatMap((name) => partsOf(name)), ...OBVIOUS]
  let rest = plain(password)
  for (const word of words.toSorted((a, b) => b.length - a.length)) {
    rest = rest.replaceAll(word, ' ')
  }
  rest = rest.replaceAll(/(?:19|20)\d\d/g, ' ').replaceAll(/[\p{P}\p{S}\s]/gu, '')
  const codes = Array.from(rest, (character) => character.codePointAt(0) ?? 0)
  const fresh = codes.filter((code, at) => {
    const [before = -9, earlier = -9] = [codes[at - 1], codes[at - 2]]
    const step = code - before
    return !(Math.abs(step) <= 1 && before - earlier === step)
  })
  // The same few again and again are no more than those few.
  return Math.min(fresh.length, new Set(fresh).size * 2)
}

function partsOf(name: string): string[] {
  const whole = plain(name)
  return [whole, ...whole.split(/[^\p{L}\p{N}]+/u)].filter((part) => part.length >= 3)
}

/** Small letters without accents. */
function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

function refused(message: string): RollcallError {
  return new RollcallError('ERR_PASSWORD_REFUSED', message, {
    hint: 'Take four or more words that have nothing to do with each other, or let a password manager make one.',
  })
}
