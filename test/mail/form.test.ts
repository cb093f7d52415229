import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Finding } from '../../src/change/judge.ts'
import { tellableName } from '../../src/mail/file-name.ts'
import type { Matter } from '../../src/mail/matter.ts'
import { makeMessage } from '../../src/mail/message.ts'
import { LANGUAGES } from '../../src/mail/words.ts'
import { ABOUT, finished, HOLDING, MATTERS } from './matters.ts'

const messages = Object.entries(MATTERS).flatMap(([name, matter]) =>
  LANGUAGES.map((language) => ({ name, language, ...makeMessage(matter, language) })),
)

describe('the subject of a mail', () => {
  test('of an import begins with the same English words in every language, and names the site', () => {
    const subjects = new Set(
      messages.flatMap(({ name, subject }) =>
        ['completed', 'held', 'started'].includes(name) ? [subject] : [],
      ),
    )
    assert.deepEqual([...subjects].toSorted(), [
      'Import finished with status Completed - Norrköping',
      'Import finished with status Failed - Norrköping',
      'Import started - Norrköping',
    ])
  })

  test('is Completed where all was done that was to be done, with records set aside too, else Failed', () => {
    const outcomes = ['applied', 'same', 'released', 'observed', 'paused'] as const
    const others = ['held', 'refused', 'failed', 'rejected', 'queued'] as const
    const statusOf = (outcome: (typeof outcomes)[number] | (typeof others)[number]): string =>
      makeMessage(finished({ outcome }), 'sv').status ?? ''
    for (const outcome of outcomes) assert.match(statusOf(outcome), /Completed$/, outcome)
    for (const outcome of others) assert.match(statusOf(outcome), /Failed$/, outcome)
  })

  test('names a source that is not the default one', () => {
    const { subject } = makeMessage({ ...finished({}), source: 'adults' }, 'fi')
    assert.equal(subject, 'Import finished with status Completed - Norrköping (adults)')
  })

  test('cannot be made to hold another header, whatever a site is called', () => {
    for (const evil of [
      'A\r\nBcc: x@example.com',
      'A\nX: y',
      'A\u2028B\u0000C\u202eD',
      ' \t A \t ',
    ]) {
      const { subject } = makeMessage({ ...finished({}), site: { name: evil }, source: evil }, 'en')
      assert.doesNotMatch(subject, /[\p{C}\p{Zl}\p{Zp}]/u)
      assert.doesNotMatch(subject, /\s\s/)
    }
    const { subject } = makeMessage({ ...finished({}), site: { name: 'x'.repeat(5000) } }, 'en')
    assert.ok(subject.length < 150)
  })
})

describe('the HTML of a mail', () => {
  test('loads nothing, follows nobody and depends on no style sheet', () => {
    for (const { name, language, html } of messages) {
      const what = `${language} ${name}`
      assert.doesNotMatch(html, /<(img|link|script|style|iframe|form|svg|base|object)\b/i, what)
      assert.doesNotMatch(html, /\b(src|href|background|class|id|on\w+)=/i, what)
      assert.doesNotMatch(html, /https?:|url\(|@import|@media|var\(|flex|grid|position:/i, what)
      assert.match(html, new RegExp(`<html lang="${language}">`), what)
      // What Gmail keeps of the body is the first element in it.
      assert.match(html, new RegExp(`<table role="presentation" lang="${language}"`), what)
    }
  })

  test('closes what it opens', () => {
    for (const { name, language, html } of messages) {
      const open: string[] = []
      const body = html.replaceAll(/<!--.*?-->|<!DOCTYPE html>/g, '')
      for (const [, slash, tag = ''] of body.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
        if (['meta', 'br'].includes(tag)) continue
        if (slash === '') open.push(tag)
        else assert.equal(open.pop(), tag, `${language} ${name}`)
      }
      assert.deepEqual(open, [])
    }
  })

  test('shows a name as text, whatever is in it', () => {
    const report = finished({
      outcome: 'held',
      findings: [HOLDING[2] as Finding],
      schoolNames: { '2': '<b onload="x">&\'' },
    })
    const { html } = makeMessage({ ...report, site: { name: '<script>' } }, 'en')
    assert.doesNotMatch(html, /<script>|<b onload/)
    assert.match(html, /&lt;script&gt;/)
    assert.match(html, /&lt;b onload=&quot;x&quot;&gt;&amp;&#39;/)
  })

  test('stays below the size at which Gmail cuts it, with 500 schools above their limits', () => {
    const findings = Array.from({ length: 500 }, (_, index): Finding => ({
      ...(HOLDING[2] as Finding),
      school: index + 10,
    }))
    const schoolNames = Object.fromEntries(
      findings.map(({ school }) => [String(school), `${school} ${'Skola '.repeat(15)}`]),
    )
    for (const language of LANGUAGES) {
      const { html, text } = makeMessage(
        finished({ outcome: 'held', findings, schoolNames }),
        language,
      )
      assert.ok(Buffer.byteLength(html) < 90_000, `${Buffer.byteLength(html)}`)
      assert.match(text, /\b470\b/)
    }
  })
})

describe('the plain text of a mail', () => {
  test('says in every language how many more there are than it lists', () => {
    const removed = HOLDING[2] as Finding
    const schools = Array.from({ length: 37 }, (_, at) => ({ ...removed, school: at + 1 }))
    const names = Object.fromEntries(schools.map(({ school }) => [school, `Skolan ${school}`]))
    const held = finished({ outcome: 'held', findings: schools, schoolNames: names })
    const { digests, ...daily } = MATTERS.daily
    const failures = Array.from({ length: 27 }, (_, at) => ({
      run: at + 1,
      outcome: 'failed' as const,
    }))
    const summary: Matter = { ...daily, digests: [{ ...digests[0], failures }] }
    const words = {
      en: '7 more',
      sv: '7 till',
      nb: '7 til',
      da: '7 mere',
      fi: '7 muuta',
      de: '7 weitere',
    }
    for (const language of LANGUAGES) {
      for (const matter of [held, summary]) {
        const { text, html } = makeMessage(matter, language)
        assert.ok(text.includes(words[language]), `${language}: ${text}`)
        assert.ok(html.includes(words[language]), language)
      }
    }
  })

  test('has short lines with the line ends of mail, but for commands and single long words', () => {
    for (const { name, language, text } of messages) {
      assert.doesNotMatch(text, /[^\r]\n|\t/, `${language} ${name}`)
      for (const line of text.split('\r\n')) {
        const isWhole = line.startsWith('    ') || !line.trim().includes(' ')
        assert.ok(isWhole || Array.from(line).length <= 80, `${language} ${name}: ${line}`)
      }
    }
  })

  test('says what the HTML says', () => {
    for (const { name, language, text, html } of messages) {
      const words = (some: string): string[] => some.match(/[\p{L}\p{N}]+/gu) ?? []
      const said = new Set(words(text.toLowerCase()))
      const shown = html
        .replace(/<head>.*<\/head>/s, '')
        .replaceAll(/<!--.*?-->/g, '')
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll(/&[a-z#0-9]+;/g, ' ')
      const missing = words(shown.toLowerCase()).filter((word) => !said.has(word))
      assert.deepEqual(missing, [], `${language} ${name}`)
    }
  })
})

describe('what a mail says of a held plan', () => {
  const text = (matter: Matter): string => makeMessage(matter, 'en').text

  test('are the commands that decide about it, on its site', () => {
    const said = text(MATTERS.held)
    assert.match(said, /rollcall release 12 --consulted ROLE --site "Norrköping"/)
    assert.match(said, /rollcall release 12 --as-rekey --consulted ROLE/)
    assert.match(said, /rollcall release 12 --without-removals --consulted ROLE/)
    assert.match(said, /rollcall reject 12 --reason TEXT/)
    const onDefault = text({ ...MATTERS.held, site: { name: 'default' } })
    assert.match(onDefault, /rollcall release 12 --consulted ROLE\r\n/)
  })

  test('is what is new since the mail before', () => {
    const said = text(MATTERS['held-again'])
    assert.match(said, /Too many removals: Persons: now 205, before 190/)
    assert.match(said, /New reason: Too many removals: Students/)
    assert.match(said, /No longer a reason: First delivery/)
    const same = finished(
      { outcome: 'held', findings: HOLDING },
      {
        episode: {
          holds: 2,
          since: '2026-08-31T02:10:01Z',
          before: { findings: HOLDING, schoolNames: { '2': 'Norrskolan' } },
        },
      },
    )
    assert.match(text(same), /Nothing new: the reasons and the counts are the same/)
  })

  test('names the contacts, and whom mail does not reach', () => {
    const said = text({ ...MATTERS.held, lost: ['gone@kommun.example'] })
    assert.match(said, /Supplier: Alvis support, support@supplier.example/)
    assert.match(said, /Mail comes back from\r\n=+\r\n\* gone@kommun.example/)
    assert.doesNotMatch(text({ ...MATTERS.held, contacts: [] }), /Whom to ask/)
  })

  test('is the limit that was set, not the normal one', () => {
    const limits = { 'persons.removed': 12, 'persons.updated': 44 }
    const said = text(finished({}, { limits }))
    assert.match(said, /removed 2 \(0.4%, limit 12%\)/)
    assert.match(said, /changed 5 \(1.0%, limit 44%\)/)
  })
})

describe('the name of a file', () => {
  test('is told where a machine gave it', () => {
    assert.equal(tellableName('IMS-EnterpriseData.xml', 'drop box'), 'IMS-EnterpriseData.xml')
    assert.equal(tellableName('export_20261127-0230.xml', 'collector'), 'export_20261127-0230.xml')
  })

  test('is not told where a person gave it', () => {
    assert.equal(tellableName('elever till Kalle.xml', 'upload'), undefined)
    assert.equal(tellableName('elever till Kalle.xml', undefined), undefined)
    const { text } = makeMessage({ ...finished({}), fileName: undefined }, 'en')
    assert.match(text, /File: sent by hand/)
    assert.doesNotMatch(text, /tonight\.xml/)
  })

  test('is told without what could be a national number', () => {
    assert.equal(tellableName('elev 19121212-1212.xml', 'api'), 'elev ….xml')
    assert.equal(tellableName('131052-308T.xml', 'drop box'), '….xml')
  })

  test('is one line', () => {
    assert.equal(tellableName('a\r\nBcc: b.xml', 'drop box'), 'a Bcc: b.xml')
  })
})

test('an import that broke off says its code, and nothing else that was stored in its place', () => {
  const said = makeMessage({ ...MATTERS.failed, error: 'Anna: relation does not exist' }, 'en').text
  assert.match(said, /Code: ERR_INTERNAL/)
  assert.doesNotMatch(said, /Anna/)
  assert.equal(ABOUT.lost.length, 0)
})
