import { RollcallError } from '../errors.ts'

export const ACCOUNT_NAME_CHARACTERS_MAX = 100

const ACCOUNT_NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@+-]*$/u

/**
 * The name of an account as it is kept: composed (NFC), as it was written otherwise.
 * @throws RollcallError ERR_USAGE
 */
export function accountName(text: string): string {
  const name = text.trim().normalize('NFC')
  if (ACCOUNT_NAME.test(name) && name.length <= ACCOUNT_NAME_CHARACTERS_MAX) return name
  throw new RollcallError('ERR_USAGE', 'This cannot be the name of an account', {
    hint: `Letters, digits and . _ @ + -, at most ${ACCOUNT_NAME_CHARACTERS_MAX}, beginning with a letter or digit: anna.berg or an e-mail address.`,
  })
}

/**
 * The name as it is compared: compatibility forms and capitals make no difference (NFKC and, for want of full case folding
 * in the language, upper case and back: ß and ss, ς and σ become one).
 */
export function accountKey(name: string): string {
  return name.trim().normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}
