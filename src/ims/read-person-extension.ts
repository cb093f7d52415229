import type { ImsPerson, ImsRelationship } from './records.ts'
import type { Reading } from './reading.ts'
import {
  attributeOf,
  childOf,
  childrenOf,
  pieceOf,
  textOf,
  type XmlElement,
} from './read-extension.ts'
import { sourcedIdOf } from './read-sourcedid.ts'

/** How a person whose whole record is protected is written; the same in reading says nothing more than `private`. */
export const PRIVACY_PIECE =
  '<pifu_privacy><pifu_doNotDistributeObject>1</pifu_doNotDistributeObject><pifu_doNotShowObject>1</pifu_doNotShowObject></pifu_privacy>'

const NO_RELATIONSHIPS: readonly ImsRelationship[] = Object.freeze([])
const NO_STATUSES: readonly string[] = Object.freeze([])

/** Sorts what a person's extension holds into fields and pieces. */
export class PersonExtension {
  readonly pieces: string[] = []
  readonly #reading: Reading
  readonly #relationships: ImsRelationship[] = []
  readonly #statuses: string[] = []
  #preferredLanguage: string | undefined
  #private = false

  constructor(reading: Reading) {
    this.#reading = reading
  }

  take(element: XmlElement): void {
    switch (element.name) {
      case 'relationship':
        this.#relationship(element)
        break
      case 'pifu_hascontactperson':
        this.#relate(element, 'contact', attributeOf(element, 'type'))
        break
      case 'pifu_status':
        this.#status(element)
        break
      case 'pifu_preferredlanguage':
        this.#language(element)
        break
      case 'pifu_privacy':
        this.#privacy(element)
        break
      default:
        this.pieces.push(pieceOf(element))
    }
  }

  fields(): Pick<ImsPerson, 'relationships' | 'statuses' | 'private' | 'preferredLanguage'> {
    return {
      relationships: this.#relationships.length === 0 ? NO_RELATIONSHIPS : this.#relationships,
      statuses: this.#statuses.length === 0 ? NO_STATUSES : this.#statuses,
      private: this.#private,
      ...(this.#preferredLanguage !== undefined && { preferredLanguage: this.#preferredLanguage }),
    }
  }

  #relationship(element: XmlElement): void {
    const child = childOf(element, 'relationshiptype')
    const word =
      child === undefined
        ? (attributeOf(element, 'relationshiptype') ?? attributeOf(element, 'relation'))
        : textOf(child)
    this.#relate(element, 'relationship', word)
  }

  #relate(element: XmlElement, form: ImsRelationship['form'], written: string | undefined): void {
    const word = (written ?? '').trim().toLowerCase()
    const others = childrenOf(element).filter((child) => child.name === 'sourcedid')
    let named = false
    for (const other of word === '' ? [] : others) {
      const sourcedId = sourcedIdOf(other, this.#reading)
      if (sourcedId === undefined) continue
      named = true
      // Seen: one sender writes the first child's id once for each child.
      if (this.#says(form, word, sourcedId.source, sourcedId.id)) continue
      this.#relationships.push({ form, word, sourcedId })
    }
    if (named) return
    this.#reading.note('RELATION_INCOMPLETE', element.written)
    this.pieces.push(pieceOf(element))
  }

  #says(form: string, word: string, source: string, id: string): boolean {
    return this.#relationships.some(
      (known) =>
        known.form === form &&
        known.word === word &&
        known.sourcedId.id === id &&
        known.sourcedId.source === source,
    )
  }

  #status(element: XmlElement): void {
    const type = attributeOf(element, 'type')?.trim().toLowerCase() ?? ''
    const status = textOf(element)
    if (status === '') return
    if (type === 'activeinactive' || type === 'pupilstatus' || type === '') {
      if (!this.#statuses.includes(status)) this.#statuses.push(status)
    } else this.pieces.push(pieceOf(element))
  }

  #language(element: XmlElement): void {
    const language = textOf(element)
    if (language === '') return
    if (this.#preferredLanguage === undefined) this.#preferredLanguage = language
    else this.pieces.push(pieceOf(element))
  }

  /** NS 4170: flags for the whole person (0 or 1), and names of single fields that must not be passed on or shown. */
  #privacy(element: XmlElement): void {
    for (const child of childrenOf(element)) {
      if (!child.name.startsWith('pifu_donot')) continue
      const value = textOf(child)
      if (value !== '' && value !== '0' && value.toLowerCase() !== 'false') this.#private = true
    }
    const piece = pieceOf(element)
    if (piece !== PRIVACY_PIECE) this.pieces.push(piece)
  }
}
