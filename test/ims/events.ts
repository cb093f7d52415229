import { SaxesParser } from 'saxes'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { DOCTYPE, END, MORE, Malformed, START, TEXT, Tokens } from '../../src/ims/tokens.ts'

/** What a reader of XML makes of a document, put so that two readers can be compared; 'refused' where it is not well-formed. */
export type Events = readonly string[] | 'refused'

class Collected {
  readonly events: string[] = []
  #text = ''

  start(name: string, attributes: readonly (readonly [string, string])[]): void {
    this.#flush()
    this.events.push(JSON.stringify(['start', name, attributes]))
  }

  end(name: string): void {
    this.#flush()
    this.events.push(JSON.stringify(['end', name]))
  }

  text(text: string): void {
    this.#text += text
  }

  /** Blanks between tags mean nothing in a delivery, and the tokeniser leaves them out. */
  #flush(): void {
    if (/[^ \t\r\n]/.test(this.#text)) this.events.push(JSON.stringify(['text', this.#text]))
    this.#text = ''
  }
}

export function eventsOfSaxes(xml: string): Events {
  const collected = new Collected()
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => collected.start(tag.name, Object.entries(tag.attributes)))
  parser.on('closetag', (tag) => collected.end(tag.name))
  parser.on('text', (text) => collected.text(text))
  parser.on('cdata', (text) => collected.text(text))
  try {
    parser.write(xml).close()
  } catch {
    return 'refused'
  }
  return collected.events
}

export function eventsOfTokens(xml: string): Events {
  const bytes = Buffer.from(xml)
  const tokens = new Tokens(DEFAULT_READ_LIMITS)
  tokens.reset(bytes, 0, bytes.length, 0)
  const collected = new Collected()
  let roots = 0
  try {
    for (;;) {
      const depth = tokens.depth
      switch (tokens.next()) {
        case MORE: {
          const rest = bytes.toString('latin1', tokens.stop)
          return tokens.depth === 0 && roots === 1 && /^[ \t\r\n]*$/.test(rest)
            ? collected.events
            : 'refused'
        }
        case START:
          if (depth === 0 && ++roots > 1) return 'refused'
          collected.start(
            tokens.rawName,
            tokens.attributes().map(({ rawName, value }) => [rawName, value] as const),
          )
          break
        case END:
          collected.end(tokens.rawName)
          break
        case TEXT:
          // Blanks may stand there; a CDATA section may not, not even an empty one.
          if (depth === 0 && !tokens.textIsBlank()) return 'refused'
          collected.text(tokens.text())
          break
        case DOCTYPE:
          if (roots > 0) return 'refused'
          break
        default:
      }
    }
  } catch (error) {
    if (error instanceof Malformed) return 'refused'
    throw error
  }
}

/** The code with which the tokeniser refuses a document; undefined where it does not. */
export function refusalOf(xml: string | Uint8Array): string | undefined {
  const bytes = typeof xml === 'string' ? Buffer.from(xml) : xml
  const tokens = new Tokens(DEFAULT_READ_LIMITS)
  tokens.reset(bytes, 0, bytes.length, 0)
  try {
    while (tokens.next() !== MORE);
    return undefined
  } catch (error) {
    if (error instanceof Malformed) return error.problem.code
    throw error
  }
}
