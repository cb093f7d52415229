import type { ImsContact } from '../ims/records.ts'
import { rankOf } from './pattern.ts'
import { textPiece } from './piece.ts'
import type { EffectiveRules } from './schema.ts'

const CONTACT_FIELDS = ['username', 'email', 'mobile', 'phone', 'url'] as const
type ContactField = (typeof CONTACT_FIELDS)[number]

export interface ContactsReading {
  readonly fields: { readonly [field in ContactField]?: string }
  /** Contacts that are no field of the roster. */
  readonly pieces: readonly string[]
}

const NONE: ContactsReading = { fields: {}, pieces: [] }

/**
 * Which contact is which field: for each field the type that the rules name first, of several the first. A contact is
 * one field only: the one whose rules name it earliest, and of several the first of these (a cell phone is a phone, too);
 * the rest is extension data.
 */
export function contactsReader(
  rules: EffectiveRules['contacts'],
): (contacts: readonly ImsContact[] | undefined) => ContactsReading {
  const ranks = CONTACT_FIELDS.map((field) => ({ field, rankOf: rankOf(rules[field]) }))
  return (contacts) => {
    if (contacts === undefined || contacts.length === 0) return NONE
    const best: { [field in ContactField]?: { contact: ImsContact; rank: number } } = {}
    for (const contact of contacts) {
      let meant: { readonly field: ContactField; readonly rank: number } | undefined
      for (const { field, rankOf: rankIn } of ranks) {
        const rank = rankIn(contact.type)
        if (rank < (meant?.rank ?? Infinity)) meant = { field, rank }
      }
      if (meant === undefined) continue
      const { field, rank } = meant
      if (rank < (best[field]?.rank ?? Infinity)) best[field] = { contact, rank }
    }
    const fields: { [field in ContactField]?: string } = {}
    for (const field of CONTACT_FIELDS) {
      const value = best[field]?.contact.value
      if (value !== undefined) fields[field] = value
    }
    const isField = (contact: ImsContact): boolean =>
      CONTACT_FIELDS.some((field) => best[field]?.contact === contact)
    const pieces = contacts
      .filter((contact) => !isField(contact))
      .map(({ type, value }) => textPiece('contactinfo', { contacttype: type }, value))
    return { fields, pieces }
  }
}
