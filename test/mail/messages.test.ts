import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { makeMessage } from '../../src/mail/message.ts'
import { LANGUAGES } from '../../src/mail/words.ts'
import { MATTERS } from './matters.ts'

/** Their HTML is kept as well; of the others the text says what they say. */
const WITH_HTML = ['completed', 'held', 'refused', 'unchanged', 'failed', 'released', 'missing']

const folder = path.join(import.meta.dirname, 'golden')

function golden(name: string, text: string): void {
  const file = path.join(folder, name)
  if (process.env['UPDATE_GOLDEN'] !== undefined) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  assert.ok(existsSync(file), `${name} is missing: look at it with UPDATE_GOLDEN=1`)
  assert.equal(text, readFileSync(file, 'utf8'))
}

describe('mails in six languages, as they were last looked at (UPDATE_GOLDEN=1 renews them)', () => {
  for (const language of LANGUAGES) {
    test(language, () => {
      for (const [name, matter] of Object.entries(MATTERS)) {
        const { subject, status, text, html } = makeMessage(matter, language)
        const head = `Subject: ${subject}\nX-Rollcall-Status: ${status ?? '–'}\n\n`
        // Line ends of a mail are CRLF; a file is looked at with those of its repository.
        golden(`${language}/${name}.txt`, `${head}${text.replaceAll('\r\n', '\n')}`)
        if (WITH_HTML.includes(name)) {
          golden(`${language}/${name}.html`, html.replaceAll('\r\n', '\n'))
        }
      }
    })
  }
})
