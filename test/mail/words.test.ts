import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FINDING_CODES } from '../../src/change/judge.ts'
import { formatsOf } from '../../src/mail/formats.ts'
import { fill, LANGUAGES, wordsOf } from '../../src/mail/words.ts'
import { PROBLEMS } from '../../src/roster/problems.ts'

/** Every text of a language by its path. */
function textsOf(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value as object).flatMap(([key, each]) => textsOf(each, `${path}.${key}`))
}

const placeholders = (text: string): string[] =>
  Array.from(text.matchAll(/\{\w+\}/g), ([name]) => name).toSorted()

const codesOf = (severity: string): string[] =>
  Object.entries(PROBLEMS).flatMap(([code, each]) => (each.severity === severity ? [code] : []))

describe('words of mails', () => {
  const english = new Map(textsOf(wordsOf('en')))

  for (const language of LANGUAGES) {
    test(`${language} has every text, none empty, with the values that the English one has`, () => {
      const texts = new Map(textsOf(wordsOf(language)))
      assert.deepEqual([...texts.keys()].toSorted(), [...english.keys()].toSorted())
      for (const [path, text] of texts) {
        assert.ok(text.trim().length > 0, path)
        assert.deepEqual(placeholders(text), placeholders(english.get(path) ?? ''), path)
      }
    })
  }

  test('no language but English has an English sentence', () => {
    for (const language of LANGUAGES.filter((each) => each !== 'en')) {
      for (const [path, text] of textsOf(wordsOf(language))) {
        if (/\p{L}+ \p{L}+/u.test(text))
          assert.notEqual(text, english.get(path), `${language}${path}`)
      }
    }
  })

  test('every finding, every reason to refuse and every reason to set aside has its words', () => {
    const { findings, refusals, aside } = wordsOf('en')
    assert.deepEqual(Object.keys(findings), [...FINDING_CODES])
    assert.deepEqual(Object.keys(refusals), codesOf('refused'))
    assert.deepEqual(Object.keys(aside), codesOf('setAside'))
  })

  test('things are called what the screens call them', () => {
    const terms = LANGUAGES.map((language) => {
      const { kinds, sections, counts } = wordsOf(language)
      return [kinds.guardians, sections.aside, counts.added, counts.removed, counts.bin].join(' | ')
    })
    assert.deepEqual(terms, [
      'Vårdnadshavare | Bortsorterade poster | nya | borttagna | Papperskorgen',
      'Foresatte | Poster satt til side | nye | fjernede | Papirkurven',
      'Forældre/værger | Poster sat til side | nye | fjernede | Papirkurven',
      'Huoltajat | Sivuun siirretyt tietueet | lisätyt | poistetut | Roskakori',
      'Erziehungsberechtigte | Zurückgestellte Datensätze | neu | entfernt | Papierkorb',
      'Guardians | Set aside | new | removed | Recycle bin',
    ])
  })

  test('one and many have their forms, numbers and times those of the language and the time zone', () => {
    const shown = LANGUAGES.map((language) => {
      const { plural, words, number, permille, time } = formatsOf(language, 'Europe/Helsinki')
      const { aside } = words.verdict
      return [
        plural(aside, 1),
        plural(aside, 1234),
        number(1234567),
        permille(427),
        time('2026-09-01T22:30:00Z'),
        time('2026-09-01 22:30:00+00'),
      ].map((text) => text.replaceAll(/\s/g, ' '))
    })
    assert.deepEqual(shown, [
      [
        'Leveransen har importerats. 1 post sorterades bort och är kvar som den var.',
        'Leveransen har importerats. 1 234 poster sorterades bort och är kvar som de var.',
        '1 234 567',
        '42,7 %',
        '2 sep. 2026 01:30',
        '2 sep. 2026 01:30',
      ],
      [
        'Leveransen er importert. 1 post ble satt til side og er som den var.',
        'Leveransen er importert. 1 234 poster ble satt til side og er som de var.',
        '1 234 567',
        '42,7 %',
        '2. sep. 2026, 01:30',
        '2. sep. 2026, 01:30',
      ],
      [
        'Leverancen er importeret. 1 post blev sat til side og er, som den var.',
        'Leverancen er importeret. 1.234 poster blev sat til side og er, som de var.',
        '1.234.567',
        '42,7 %',
        '2. sep. 2026, 01.30',
        '2. sep. 2026, 01.30',
      ],
      [
        'Toimitus on tuotu. 1 tietue siirrettiin sivuun, ja se on ennallaan.',
        'Toimitus on tuotu. 1 234 tietuetta siirrettiin sivuun, ja ne ovat ennallaan.',
        '1 234 567',
        '42,7 %',
        '2.9.2026 klo 1.30',
        '2.9.2026 klo 1.30',
      ],
      [
        'Die Lieferung wurde importiert. 1 Datensatz wurde zurückgestellt und bleibt, wie er war.',
        'Die Lieferung wurde importiert. 1.234 Datensätze wurden zurückgestellt und bleiben, wie sie waren.',
        '1.234.567',
        '42,7 %',
        '02.09.2026, 01:30',
        '02.09.2026, 01:30',
      ],
      [
        'The delivery was imported; 1 record was set aside and stays as it was.',
        'The delivery was imported; 1,234 records were set aside and stay as they were.',
        '1,234,567',
        '42.7%',
        '2 Sept 2026, 01:30',
        '2 Sept 2026, 01:30',
      ],
    ])
  })

  test('a text that asks for a value that is not given is an error, not a gap in a mail', () => {
    assert.throws(() => fill('{n} of {of}', { n: '1' }), { code: 'ERR_INTERNAL' })
  })
})
