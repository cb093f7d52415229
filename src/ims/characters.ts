/** Characters of a text, as a standard counts them: one that takes two code units is one. */
export function characterCount(text: string): number {
  return Array.from(text).length
}

/** The first characters of a text, at most `max`, trimmed. */
export function firstCharacters(text: string, max: number): string {
  if (text.length <= max) return text
  return Array.from(text).slice(0, max).join('').trim()
}
