const CHUNK_CHARACTERS = 256 * 1024
const NEEDS_ESCAPE = /[\\\t\n\r]/
const ESCAPES: { readonly [character: string]: string } = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

export type CopyValue = string | number | boolean | null | undefined

/**
 * Rows in PostgreSQL's COPY text format, built in chunks. A plan's additions are kept in this form: it is hashed,
 * stored and sent to the database as it is.
 */
export class CopyRows {
  readonly #chunks: Buffer[] = []
  #text = ''
  count = 0

  add(...values: readonly CopyValue[]): void {
    let line = copyField(values[0])
    for (let at = 1; at < values.length; at++) line += '\t' + copyField(values[at])
    this.#text += line + '\n'
    this.count++
    if (this.#text.length > CHUNK_CHARACTERS) this.#flush()
  }

  /** Gives the chunks that are full and lets go of them: for rows that are made as they are sent. */
  takeFull(): readonly Buffer[] {
    return this.#chunks.splice(0)
  }

  get chunks(): readonly Buffer[] {
    this.#flush()
    return this.#chunks
  }

  #flush(): void {
    if (this.#text === '') return
    this.#chunks.push(Buffer.from(this.#text))
    this.#text = ''
  }
}

/** One value in COPY text format. */
export function copyField(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'string') {
    return NEEDS_ESCAPE.test(value)
      ? value.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string)
      : value
  }
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}

/** The fields of each row of COPY text, in order; null for \N. */
export function* readCopyRows(chunks: Iterable<Uint8Array>): Generator<readonly (string | null)[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, end).split('\t').map(unescape)
      from = end + 1
    }
    rest = rest.slice(from)
  }
}

/** The same for rows that arrive over time. */
export async function* readCopyStream(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly (string | null)[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, end).split('\t').map(unescape)
      from = end + 1
    }
    rest = rest.slice(from)
  }
}

const UNESCAPES: { readonly [letter: string]: string } = { t: '\t', n: '\n', r: '\r', '\\': '\\' }

function unescape(text: string): string | null {
  if (text === '\\N') return null
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(.)/g, (_, letter: string) => UNESCAPES[letter] ?? letter)
}
