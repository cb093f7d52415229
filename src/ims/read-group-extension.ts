import type { ImsGroup } from './records.ts'
import { attributeOf, childOf, pieceOf, textOf, type XmlElement } from './read-extension.ts'
import { leaf } from './xml.ts'

type CourseField = 'courseTitle' | 'courseCode'

/** What a course's title and code are called, without the characters that senders put between words. */
const COURSE_FIELDS: ReadonlyMap<string, CourseField> = new Map([
  ['course', 'courseTitle'],
  ['coursetitle', 'courseTitle'],
  ['coursename', 'courseTitle'],
  ['coursecode', 'courseCode'],
])
const IN_COURSE: ReadonlyMap<string, CourseField> = new Map([
  ['title', 'courseTitle'],
  ['name', 'courseTitle'],
  ['code', 'courseCode'],
])

/** How an organisation number is written in PIFU; the same in reading says nothing more than `orgNumber`. */
export function orgNumberPiece(number: string): string {
  return `<pifu_id type="organizationNumber">${leaf('pifu_value', number)}<pifu_scope>enhetsregisteret</pifu_scope><pifu_unique>1</pifu_unique></pifu_id>`
}

/** Sorts what a group's extension holds into fields and pieces. */
export class GroupExtension {
  readonly pieces: string[] = []
  readonly #course: { [field in CourseField]?: string } = {}
  #orgNumber: string | undefined

  take(element: XmlElement): void {
    const name = plain(element.name)
    if (name === 'course') this.#courseElement(element)
    else if (COURSE_FIELDS.has(name)) this.#courseField(element, COURSE_FIELDS.get(name), element)
    else if (name === 'extensionfield') this.#namedField(element)
    else if (element.name === 'pifu_id') this.#identifier(element)
    else this.pieces.push(pieceOf(element))
  }

  fields(): Pick<ImsGroup, 'courseTitle' | 'courseCode' | 'orgNumber'> {
    return {
      ...this.#course,
      ...(this.#orgNumber !== undefined && { orgNumber: this.#orgNumber }),
    }
  }

  /** `<course>` with its title as text, in children or in attributes; what else it says is kept. */
  #courseElement(element: XmlElement): void {
    const children: (XmlElement | string)[] = []
    for (const child of element.children) {
      if (typeof child === 'string') {
        if (!this.#set('courseTitle', child)) children.push(child)
      } else {
        const field = IN_COURSE.get(plain(child.name)) ?? COURSE_FIELDS.get(plain(child.name))
        if (field === undefined || !this.#set(field, textOf(child))) children.push(child)
      }
    }
    const attributes = element.attributes.filter(({ name, value }) => {
      const field = IN_COURSE.get(name)
      return field === undefined || !this.#set(field, value.trim())
    })
    if (children.length > 0 || attributes.length > 0) {
      this.pieces.push(pieceOf({ ...element, children, attributes }))
    }
  }

  /** IMS-ES writes fields as name and value, `course/code` for instance; some files do, too. */
  #namedField(element: XmlElement): void {
    const name = childOf(element, 'fieldname') ?? childOf(element, 'name')
    const value = childOf(element, 'fieldvalue') ?? childOf(element, 'value')
    const written = name === undefined ? (attributeOf(element, 'name') ?? '') : textOf(name)
    this.#courseField(element, COURSE_FIELDS.get(plain(written.toLowerCase())), value ?? element)
  }

  #courseField(element: XmlElement, field: CourseField | undefined, value: XmlElement): void {
    if (field === undefined || !this.#set(field, textOf(value))) this.pieces.push(pieceOf(element))
  }

  /** False where the field has another value already: the first counts. */
  #set(field: CourseField, value: string): boolean {
    if (value === '') return true
    this.#course[field] ??= value
    return this.#course[field] === value
  }

  #identifier(element: XmlElement): void {
    const piece = pieceOf(element)
    if (attributeOf(element, 'type')?.toLowerCase() === 'organizationnumber') {
      const value = childOf(element, 'pifu_value')
      const number = value === undefined ? '' : textOf(value)
      if (number !== '') this.#orgNumber ??= number
      if (number !== '' && number === this.#orgNumber && piece === orgNumberPiece(number)) return
    }
    this.pieces.push(piece)
  }
}

function plain(name: string): string {
  return name.replaceAll(/[-_./ ]/g, '')
}
