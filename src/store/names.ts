import { RollcallError } from '../errors.ts'

const NAME = /^[\p{Letter}\p{Number}][\p{Letter}\p{Number} ._-]{0,99}$/u

/** @throws RollcallError ERR_USAGE where a name could not be told from other text on a command line or page. */
export function checkedName(name: string): string {
  if (NAME.test(name)) return name
  throw new RollcallError('ERR_USAGE', `"${name}" cannot be a name`, {
    hint: 'Letters, digits, blanks, dots, dashes and underscores, at most 100, beginning with a letter or digit.',
  })
}

/** There is nothing of that name: what there is, and how to make one. */
export function notFound(
  what: string,
  name: string,
  names: readonly string[],
  make: string,
): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `There is no ${what} ${name}`, {
    hint: `There are: ${names.join(', ') || 'none'}. To make one: ${make}`,
  })
}

/** The name is in use. */
export function taken(what: string, name: string): RollcallError {
  return new RollcallError('ERR_USAGE', `There is a ${what} ${name} already`)
}
