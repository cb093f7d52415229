import { RollcallError } from '../errors.ts'
import { da } from './words/da.ts'
import { de } from './words/de.ts'
import { en } from './words/en.ts'
import { fi } from './words/fi.ts'
import { nb } from './words/nb.ts'
import { sv } from './words/sv.ts'

export const LANGUAGES = ['sv', 'nb', 'da', 'fi', 'de', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** The same keys as in English, with texts of another language. */
type Texts<T> = T extends string ? string : { readonly [K in keyof T]: Texts<T[K]> }

/** Every word of a mail in one language. `{name}` is filled in; `one` and `other` are the plural forms of these languages. */
export type Words = Texts<typeof en>

const ALL: { readonly [language in Language]: Words } = { sv, nb, da, fi, de, en }

export function wordsOf(language: Language): Words {
  return ALL[language]
}

/** @throws RollcallError ERR_INTERNAL where a text asks for a value that is not given. */
export function fill(text: string, values: { readonly [name: string]: string }): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new RollcallError('ERR_INTERNAL', `no value for {${name}}`)
    return value
  })
}
