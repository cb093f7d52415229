import type { DemoStyle } from './style.ts'

const INDENTS = Array.from({ length: 16 }, (_, depth) => `\n${'  '.repeat(depth)}`)

/** Grows a piece of XML in one style. Names and attributes are given as they stand in the file. */
export class Markup {
  /** What was written since it was last taken. */
  text = ''
  readonly #style: DemoStyle
  #depth: number

  constructor(style: DemoStyle, depth = 0) {
    this.#style = style
    this.#depth = depth
  }

  open(name: string, attributes = ''): void {
    this.text += `${this.#start()}<${this.#style.prefix}${name}${attributes}>`
    this.#depth++
  }

  close(name: string): void {
    this.#depth--
    this.text += `${this.#line()}</${this.#style.prefix}${name}>`
  }

  /** An element with text. */
  leaf(name: string, value: string, attributes = ''): void {
    const full = this.#style.prefix + name
    this.text += `${this.#start()}<${full}${attributes}>${escapeText(value)}</${full}>`
  }

  empty(name: string, attributes = ''): void {
    this.text += `${this.#start()}<${this.#style.prefix}${name}${attributes}/>`
  }

  /** Adds what another Markup of this style wrote. */
  add(piece: string): void {
    this.text += piece
  }

  /** Gives what was written and forgets it. */
  take(): string {
    const taken = this.text
    this.text = ''
    return taken
  }

  /** An empty Markup that goes on at this depth. */
  fork(): Markup {
    return new Markup(this.#style, this.#depth)
  }

  #line(): string {
    return this.#style.pretty ? (INDENTS[this.#depth] ?? '\n') : ''
  }

  #start(): string {
    const line = this.#line()
    return this.#style.comments ? `${line}<!-- eksport -->${line}` : line
  }
}

function escapeText(value: string): string {
  if (!/[&<]/.test(value)) return value
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
