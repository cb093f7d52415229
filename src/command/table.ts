/** One column of a table: its heading and which side its cells stand on. */
export interface Column {
  readonly heading: string
  readonly align?: 'left' | 'right'
}

/** How a heading is set off; plain where colours are off. */
export type Emphasis = (text: string) => string

/** A table as lines of plain text, columns two blanks apart, without blanks at line ends. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  heading: Emphasis = (text) => text,
): string[] {
  const cells = rows.map((row) => row.map(oneLine))
  const widths = columns.map((column, index) =>
    Math.max(column.heading.length, ...cells.map((row) => width(row[index] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, index) => padded(row[index] ?? '', widths[index] ?? 0, align ?? 'left'))
      .join('  ')
      .trimEnd()
  return [heading(line(columns.map((column) => column.heading))), ...cells.map(line)]
}

function padded(text: string, to: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, to - width(text)))
  return align === 'right' ? blanks + text : text + blanks
}

/** Combining marks take no room of their own. */
function width(text: string): number {
  let count = 0
  for (const character of text) if (!/\p{Mark}/u.test(character)) count++
  return count
}

/** Values come from files: control characters would reach the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Control}\p{Line_Separator}\p{Paragraph_Separator}]+/gu, ' ')
}
