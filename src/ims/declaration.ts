import { characters } from './text.ts'

export interface Declaration {
  /** Index after it. */
  readonly stop: number
  readonly encoding?: string
}

const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][-A-Za-z0-9._]*)"|'([A-Za-z][-A-Za-z0-9._]*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/
const DECLARATION_BYTES_MAX = 1024

/** Reads the XML declaration at `at`: undefined where there is none, 'wrong' where it is not as XML wants it. */
export function readDeclaration(bytes: Buffer, at: number): Declaration | 'wrong' | undefined {
  const text = characters(
    bytes,
    at,
    Math.min(at + DECLARATION_BYTES_MAX, bytes.length),
    'iso-8859-1',
  )
  if (!/^<\?xml[ \t\r\n]/.test(text)) return undefined
  const parts = DECLARATION.exec(text)
  if (parts === null) return 'wrong'
  const encoding = parts[1] ?? parts[2]
  const stop = at + parts[0].length
  return encoding === undefined ? { stop } : { stop, encoding }
}
