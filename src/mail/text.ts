import type { Block, CountRow, Document, Item } from './document.ts'

/** Characters of a line, at which a phone that shows plain text has broken it anyway. */
const WIDTH = 72

/** A mail as plain text: no tables, so that nothing shifts in a narrow window or another typeface. */
export function renderText(document: Document): string {
  const { title, verdict, about, blocks, footer } = document
  const lines = [
    title.toUpperCase(),
    about,
    '',
    ...wrapped(verdict),
    ...blocks.flatMap((block) => blockLines(block)),
    '',
    '-- ',
    ...footer.flatMap((text) => wrapped(text)),
  ]
  return `${lines.join('\r\n').replaceAll(/(\r\n){3,}/g, '\r\n\r\n')}\r\n`
}

function blockLines(block: Block): string[] {
  switch (block.is) {
    case 'heading':
      return ['', block.text, '='.repeat(Math.min(Array.from(block.text).length, WIDTH))]
    case 'paragraph':
      return ['', ...wrapped(block.text)]
    case 'counts':
      return [`(${block.head})`, ...block.rows.flatMap(countLines)]
    case 'facts':
      return block.rows.flatMap(([name, value]) => wrapped(`${name}: ${value}`, '    '))
    case 'items':
      return block.items.flatMap(itemLines)
    default:
      return ['', ...wrapped(block.label), `    ${block.line}`]
  }
}

function countLines({ name, before, after, changes, isPart }: CountRow): string[] {
  const indent = isPart ? '    ' : '  '
  const lines = changes.map(
    ({ label, count, beside, isOver }) =>
      `${indent}  ${isOver ? '! ' : ''}${label} ${count}${beside === undefined ? '' : ` (${beside})`}`,
  )
  return [`${indent}${name}: ${before} → ${after}`, ...lines]
}

function itemLines({ text, detail, todo }: Item): string[] {
  return [
    ...wrapped(`* ${text}`, '  '),
    ...(detail === undefined ? [] : wrapped(`  ${detail}`, '  ')),
    ...(todo === undefined ? [] : wrapped(`  → ${todo}`, '    ')),
  ]
}

/** Lines of at most 72 characters; a longer word stands by itself. */
function wrapped(text: string, hanging = ''): string[] {
  const lead = /^ */.exec(text)?.[0] ?? ''
  const lines: string[] = []
  let line = lead
  let isFresh = true
  for (const word of text.trim().split(/ +/)) {
    if (!isFresh && Array.from(line).length + 1 + Array.from(word).length > WIDTH) {
      lines.push(line)
      line = `${hanging}${word}`
    } else {
      line += isFresh ? word : ` ${word}`
    }
    isFresh = false
  }
  return [...lines, line]
}
