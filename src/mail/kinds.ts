import type { Profile } from '../roster/person.ts'
import type { Words } from './words.ts'

export type KindWord = keyof Words['kinds']

export const KIND_OF_PROFILE: { readonly [profile in Profile]: KindWord } = {
  student: 'students',
  staff: 'staff',
  guardian: 'guardians',
  guest: 'guests',
  administrator: 'administrators',
  other: 'others',
}

/** A finding's or a change's word for a kind, in the recipient's language. */
export function kindWord(what: string, { kinds }: Words): string {
  const plural = what in kinds ? what : `${what}s`
  return plural in kinds ? kinds[plural as KindWord] : kinds.others
}
