/** Escaping, as written into pieces of extension data and into files. */

// oxlint-disable-next-line no-control-regex -- these are the characters that XML 1.0 has no way to write
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g
/** Nearly every value of a roster has none of these and is written as it is. */
// oxlint-disable-next-line no-control-regex -- see above
const UNUSUAL = /[\u0000-\u001F&<>"\uD800-\uDFFF\uFFFE\uFFFF]/
const IN_TEXT = /[&<>\r]/g
const IN_ATTRIBUTE = /[&<>"\t\n\r]/g

const REFERENCES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function refer(character: string): string {
  return REFERENCES[character] ?? character
}

/** What XML cannot hold (control characters, halves of surrogate pairs) becomes U+FFFD. */
function writable(text: string): string {
  return text.toWellFormed().replace(FORBIDDEN, '\uFFFD')
}

export function escapeText(text: string): string {
  return UNUSUAL.test(text) ? writable(text).replace(IN_TEXT, refer) : text
}

export function escapeAttribute(value: string): string {
  return UNUSUAL.test(value) ? writable(value).replace(IN_ATTRIBUTE, refer) : value
}

/** An element with nothing but text, or '' for an absent one. `attributes` are written after the name as they are. */
export function leaf(name: string, text: string | undefined, attributes = ''): string {
  if (text === undefined) return ''
  return text === ''
    ? `<${name}${attributes}/>`
    : `<${name}${attributes}>${escapeText(text)}</${name}>`
}

/** ` name="value"`, or '' for an absent one. */
export function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name}="${escapeAttribute(value)}"`
}
