import type { Block, CountChange, CountRow, Document, Item, Tone } from './document.ts'

/** Colours that keep their contrast when a client turns light into dark: WCAG AA on white and on near-black. */
const COLOUR: { readonly [tone in Tone]: { readonly bar: string; readonly back: string } } = {
  good: { bar: '#1b7f3b', back: '#eaf6ee' },
  wait: { bar: '#a65b00', back: '#fdf3e3' },
  bad: { bar: '#b3261e', back: '#fcecea' },
  plain: { bar: '#3d5a80', back: '#edf1f7' },
}
const INK = '#1f2328'
const FAINT = '#59636e'
const LINE = '#d1d9e0'
const GRAVE = '#b3261e'
const FONT = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const MONO = "font-family:Consolas,'Liberation Mono',Menlo,monospace"

/**
 * A mail as HTML that the Word engine of Outlook and Gmail's filter leave whole: tables, inline styles, no images, nothing
 * from elsewhere, no classes that anything depends on. One column that fits 320 pixels.
 */
export function renderHtml(document: Document): string {
  const { language, title, tone, verdict, about, blocks, footer } = document
  const { bar, back } = COLOUR[tone]
  const rows = [
    `<tr><td style="background-color:${back};border-left:6px solid ${bar};padding:14px 16px">` +
      `<p style="margin:0;${FONT};font-size:13px;line-height:18px;color:${FAINT}">${escape(about)}</p>` +
      `<h1 style="margin:2px 0 6px 0;${FONT};font-size:20px;line-height:26px;font-weight:bold;color:${bar}">${escape(title)}</h1>` +
      `<p style="margin:0;${FONT};font-size:16px;line-height:23px;color:${INK}">${escape(verdict)}</p></td></tr>`,
    ...blocks.map(
      (block) => `<tr><td style="padding:${paddingOf(block)}">${blockHtml(block)}</td></tr>`,
    ),
    `<tr><td style="padding:24px 16px 16px 16px"><p style="margin:0;border-top:1px solid ${LINE};padding-top:10px;` +
      `${FONT};font-size:12px;line-height:17px;color:${FAINT}">${footer.map(escape).join('<br>')}</p></td></tr>`,
  ]
  return [
    `<!DOCTYPE html>`,
    `<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">`,
    `<meta name="format-detection" content="telephone=no,date=no,address=no"><title>${escape(title)}</title></head>`,
    `<body lang="${language}" style="margin:0;padding:0;background-color:#ffffff">`,
    `<table role="presentation" lang="${language}" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:0">`,
    // Word knows no max-width: it gets a table of a fixed one around.
    `<!--[if mso]><table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`,
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px;width:100%;text-align:left">`,
    ...rows,
    `</table>`,
    `<!--[if mso]></td></tr></table><![endif]-->`,
    `</td></tr></table></body></html>`,
    '',
  ].join('\r\n')
}

function paddingOf({ is }: Block): string {
  return is === 'heading' ? '22px 16px 2px 16px' : '6px 16px 0 16px'
}

function blockHtml(block: Block): string {
  switch (block.is) {
    case 'heading':
      return `<h2 style="margin:0;${FONT};font-size:16px;line-height:22px;font-weight:bold;color:${INK}">${escape(block.text)}</h2>`
    case 'paragraph':
      return paragraph(block.text, block.small === true)
    case 'counts':
      return countTable(block.head, block.rows)
    case 'facts':
      return factTable(block.rows)
    case 'items':
      return block.items.map(itemHtml).join('')
    default:
      return (
        `${paragraph(block.label, false)}<p style="margin:4px 0 4px 0;padding:8px 10px;background-color:#f3f4f6;` +
        `border:1px solid ${LINE};${MONO};font-size:13px;line-height:19px;color:${INK};word-break:break-word">${commandHtml(block.line)}</p>`
      )
  }
}

/** An option is not broken at its dashes. */
function commandHtml(line: string): string {
  return line
    .split(' ')
    .map((word) => `<span style="white-space:nowrap">${escape(word)}</span>`)
    .join(' ')
}

function paragraph(text: string, isSmall: boolean): string {
  const size = isSmall
    ? `font-size:13px;line-height:19px;color:${FAINT}`
    : `font-size:15px;line-height:22px;color:${INK}`
  return `<p style="margin:0;${FONT};${size}">${escape(text)}</p>`
}

const TABLE = `width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;width:100%"`

function countTable(head: string, rows: readonly CountRow[]): string {
  const headRow =
    `<tr><th align="left" scope="col" style="padding:2px 0"></th><th align="right" scope="col" ` +
    `style="padding:2px 0;${FONT};font-size:12px;line-height:16px;font-weight:normal;color:${FAINT}">${escape(head)}</th></tr>`
  return `<table ${TABLE}>${headRow}${rows.map(countRow).join('')}</table>`
}

function countRow({ name, before, after, changes, isPart }: CountRow): string {
  const weight = isPart ? 'normal' : 'bold'
  const left = isPart ? '14px' : '0'
  const top = `border-top:1px solid ${LINE}`
  const cell = `${FONT};font-size:15px;line-height:21px;color:${INK};font-weight:${weight}`
  const numbers =
    before === after && changes.length === 0
      ? escape(after)
      : `${escape(before)} → ${escape(after)}`
  const below =
    changes.length === 0
      ? ''
      : `<tr><td colspan="2" style="padding:0 0 6px ${left};${FONT};font-size:13px;line-height:19px;color:${FAINT}">` +
        `${changes.map(changeHtml).join('<br>')}</td></tr>`
  return (
    `<tr><th align="left" scope="row" style="${top};padding:6px 8px ${changes.length === 0 ? '6px' : '1px'} ${left};${cell}">${escape(name)}</th>` +
    `<td align="right" style="${top};padding:6px 0 ${changes.length === 0 ? '6px' : '1px'} 0;${cell};white-space:nowrap">${numbers}</td></tr>${below}`
  )
}

function changeHtml({ label, count, beside, isOver }: CountChange): string {
  const text = `${escape(label)} <b>${escape(count)}</b>${beside === undefined ? '' : ` (${escape(beside)})`}`
  return isOver ? `<span style="color:${GRAVE};font-weight:bold">▲ ${text}</span>` : text
}

function factTable(rows: readonly (readonly [string, string])[]): string {
  const cell = `${FONT};font-size:14px;line-height:20px;vertical-align:top`
  const html = rows.map(
    ([name, value]) =>
      `<tr><th align="left" scope="row" width="34%" style="padding:3px 10px 3px 0;${cell};font-weight:normal;color:${FAINT}">${escape(name)}</th>` +
      `<td style="padding:3px 0;${cell};color:${INK};word-break:break-word">${escape(value)}</td></tr>`,
  )
  return `<table ${TABLE}>${html.join('')}</table>`
}

function itemHtml({ text, detail, todo, isGrave }: Item): string {
  const bar = isGrave === true ? GRAVE : LINE
  return (
    `<table ${TABLE}><tr><td style="border-left:3px solid ${bar};padding:2px 0 2px 10px">` +
    `<p style="margin:0;${FONT};font-size:15px;line-height:21px;color:${INK}${isGrave === true ? ';font-weight:bold' : ''}">${escape(text)}</p>` +
    small(detail, FAINT) +
    small(todo, INK) +
    `</td></tr><tr><td style="height:6px;font-size:1px;line-height:6px">&nbsp;</td></tr></table>`
  )
}

function small(text: string | undefined, colour: string): string {
  if (text === undefined) return ''
  return `<p style="margin:2px 0 0 0;${FONT};font-size:14px;line-height:20px;color:${colour}">${escape(text)}</p>`
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
