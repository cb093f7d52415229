import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RunReport } from '../../src/import/report.ts'
import type { ProblemCode } from '../../src/roster/problem.ts'
import { testDatabase } from '../database.ts'
import { contentsOf, everythingOf } from './contents.ts'
import { GOOD } from './good-file.ts'
import { assertSound } from './invariants.ts'
import { makeSite, type TestSite } from './site.ts'

const { database } = await testDatabase()

interface Deviation {
  /** Row of the table of deviations that were seen in the wild. */
  readonly row: number
  readonly what: string
  readonly change: (good: string) => string | Uint8Array
  readonly code?: ProblemCode
  /** A changed whole-file decision holds; all others are applied. */
  readonly outcome?: 'held'
  /** Memberships that end by it. */
  readonly ended?: number
}

const all =
  (from: string | RegExp, to: string) =>
  (good: string): string => {
    const there = typeof from === 'string' ? good.includes(from) : good.search(from) >= 0
    assert.ok(there, `the good file has ${String(from)}`)
    return typeof from === 'string' ? good.replaceAll(from, to) : good.replace(from, to)
  }
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const before = (text: string) => (good: string) => text + good
const doctype = (text: string) => all(DECLARATION, `${DECLARATION}${text}\n`)
const datetime = (text: string) => all('2026-09-01T02:00:00', text)

const DEVIATIONS: readonly Deviation[] = [
  {
    row: 1,
    what: 'demographics is misspelt',
    change: all('demographics>', 'demogaphics>'),
    code: 'ELEMENT_MISSPELT',
  },
  {
    row: 2,
    what: 'a DOCTYPE names a public and a dead system identifier',
    change: doctype(
      '<!DOCTYPE enterprise PUBLIC "IMS Enterprise/LMS Interoperability DTD" "http://dtd.invalid/ims_epv1p1.dtd">',
    ),
  },
  { row: 2, what: 'a DOCTYPE is written in capitals', change: doctype('<!DOCTYPE ENTERPRISE>') },
  {
    row: 3,
    what: 'ISO-8859-1 is declared and the bytes are UTF-8',
    change: all('encoding="UTF-8"', 'encoding="ISO-8859-1"'),
    code: 'ENCODING_IS_UTF8',
  },
  {
    row: 3,
    what: 'ISO-8859-1 is declared, and it is',
    change: (good) => Buffer.from(good.replace('UTF-8', 'ISO-8859-1'), 'latin1'),
    outcome: 'held',
  },
  {
    row: 3,
    what: 'UTF-8 is declared and the bytes are windows-1252',
    change: (good) => Buffer.from(good, 'latin1'),
    code: 'ENCODING_FALLBACK',
    outcome: 'held',
  },
  {
    row: 4,
    what: 'a blank line stands before the declaration',
    change: before('\n'),
    code: 'BLANKS_BEFORE_DECLARATION',
  },
  { row: 5, what: 'POSTXML stands before the declaration', change: before('POSTXML\n') },
  {
    row: 6,
    what: 'all elements are in a vendor’s namespace',
    change: all('<enterprise>', '<enterprise xmlns="http://tempuri.org/ims_epv1p1">'),
  },
  {
    row: 6,
    what: 'all elements have a prefix',
    change: (good) =>
      good
        .replaceAll(/<(\/?)(?=[a-z])/g, '<$1c:')
        .replace(
          '<c:enterprise>',
          '<c:enterprise xmlns:c="http://www.metaventis.com/ns/cockpit/sync/1.0">',
        ),
  },
  {
    row: 7,
    what: 'tags are in capitals',
    change: (good) => good.replaceAll(/<\/?[a-z]+/g, (tag) => tag.toUpperCase()),
  },
  {
    row: 8,
    what: 'idtype is an attribute',
    change: all('<idtype>1</idtype>', '<idtype idtype="1"/>'),
    code: 'IDTYPE_AS_ATTRIBUTE',
  },
  {
    row: 9,
    what: 'roletype is an element',
    change: all(/<role roletype="(0.)">/g, '<role><roletype>$1</roletype>'),
    code: 'ROLETYPE_AS_ELEMENT',
  },
  {
    row: 10,
    what: 'roletypes are not padded',
    change: all('roletype="0', 'roletype="'),
    code: 'ROLETYPE_NOT_PADDED',
  },
  {
    row: 10,
    what: 'roletypes are missing',
    change: all('<role roletype="01">', '<role>'),
    code: 'ROLETYPE_MISSING',
  },
  {
    row: 11,
    what: 'idtype and status are missing',
    change: (good) =>
      good.replaceAll('<idtype>1</idtype>\n', '').replaceAll('<status>1</status>\n', ''),
    code: 'IDTYPE_MISSING',
  },
  {
    row: 11,
    what: 'members have no role',
    change: all(/<role roletype="01">\n<status>1<\/status>\n<\/role>\n/g, ''),
    code: 'ROLE_MISSING',
  },
  {
    row: 12,
    what: 'status is 2',
    change: (good) => good.replace('<status>1</status>', '<status>2</status>'),
    code: 'STATUS_DELETED',
    ended: 1,
  },
  {
    row: 13,
    what: 'recstatus is 0',
    change: all('<person>', '<person recstatus="0">'),
    code: 'RECSTATUS_ZERO',
  },
  {
    row: 14,
    what: 'recstatus has blanks around its equals sign',
    change: all('<person>', '<person recstatus = "1" >'),
  },
  {
    row: 15,
    what: 'userid and e-mail stand before sourcedid and name, and the target last',
    change: (good) =>
      good
        .replaceAll(/(<sourcedid>.*<\/sourcedid>)\n(<userid>.*<\/userid>)/g, '$2\n$1')
        .replace('</datetime>', '</datetime><target>LMS</target>'),
    code: 'ORDER_UNUSUAL',
  },
  {
    row: 16,
    what: 'extension comes twice',
    change: all('<extension>', '<extension><shelf>1</shelf></extension><extension>'),
    code: 'EXTENSION_REPEATED',
  },
  {
    row: 17,
    what: 'source is missing',
    change: all('<source>SATS</source>', ''),
    code: 'SOURCE_MISSING',
  },
  {
    row: 18,
    what: 'keys and names have blanks around them',
    change: (good) =>
      good.replaceAll(/<id>(.*?)<\/id>/g, '<id> $1  </id>').replaceAll('<fn>', '<fn>  '),
    code: 'KEY_WITH_BLANKS',
  },
  {
    row: 19,
    what: 'fn is missing and given stands before family',
    change: all(
      /<fn>.*?<\/fn><n>(<family>.*?<\/family>)(<given>.*?<\/given>)<\/n>/g,
      '<n>$2$1</n>',
    ),
    code: 'FN_MISSING',
  },
  { row: 20, what: 'persons have no userid', change: all(/<userid>.*<\/userid>\n/g, '') },
  { row: 20, what: 'userids are empty', change: all(/<userid>.*<\/userid>/g, '<userid/>') },
  {
    row: 21,
    what: 'groups have no short description',
    change: all(/<short>.*?<\/short>/g, ''),
    code: 'SHORT_MISSING',
  },
  {
    row: 21,
    what: 'a short description is too long',
    change: all('<short>7A</short>', `<short>${'7A '.repeat(40)}</short>`),
  },
  ...[
    '28/Oct/2026',
    '2026-09-11   08:30:00AM',
    '28-oct-2026#16:06:02',
    '2026-09-11 08:30:00',
    '2026-09-11 08:30:00 +0200',
    '13.January.20262026-10-24',
  ].map((text): Deviation => ({
    row: 22,
    what: `the datetime is ${text}`,
    change: datetime(text),
  })),
  {
    row: 23,
    what: 'the level stands on scheme',
    change: all(
      /<scheme>SATS<\/scheme><typevalue level="(.)">/g,
      '<scheme level="$1">SATS</scheme><typevalue>',
    ),
  },
  {
    row: 24,
    what: 'schemes are those of Fronter, where roletypes are access rights',
    change: all('<scheme>SATS</scheme>', '<scheme>FronterStructure1.0</scheme>'),
    code: 'ACCESS_ROLES',
  },
  {
    row: 25,
    what: 'relation 2 names the parent',
    change: all('relation="1"', 'relation="2"'),
    code: 'RELATION_2_IS_PARENT',
    outcome: 'held',
  },
  {
    row: 26,
    what: 'the root is its own parent',
    change: (good) =>
      good.replace(
        '</group>',
        '<relationship relation="1"><sourcedid><source>SATS</source><id>S</id></sourcedid><label>Root</label></relationship></group>',
      ),
  },
  {
    row: 27,
    what: 'the label is a level',
    change: all('<label>School</label>', '<label>1</label>'),
  },
  {
    row: 28,
    what: 'institution roles are in lower case',
    change: (good) =>
      good
        .replaceAll('"Student"', '"student"')
        .replaceAll('"Staff"', '"staff"')
        .replaceAll('"Yes"', '"yes"'),
  },
  {
    row: 28,
    what: 'an institution role is not known and primaryrole is missing',
    change: all('primaryrole="Yes" institutionroletype="Student"', 'institutionroletype="extern"'),
    code: 'PROFILE_UNKNOWN',
  },
  {
    row: 29,
    what: 'passwords are sent in clear text and otherwise',
    change: (good) =>
      good
        .replace('<userid>', '<userid password="not kept" pwencryptiontype="4">')
        .replace('<userid>', '<userid password="ldap3:not kept">'),
    code: 'PASSWORD_DROPPED',
  },
  {
    row: 30,
    what: 'a membership has a type, and groups for members',
    change: (good) =>
      good.replace(
        '<membership>\n',
        '<membership>\n<sourcedid><source>SATS</source><id>S</id></sourcedid><type>merge</type><member><sourcedid><source>SATS</source><id>A</id></sourcedid><idtype>2</idtype><role roletype="02"><status>1</status></role></member></membership>\n<membership>\n',
      ),
  },
  {
    row: 31,
    what: 'integrationId stands in place of datasource',
    change: all(/<datasource>SATS<\/datasource>/, '<integrationId>SATS</integrationId>'),
  },
  {
    row: 32,
    what: 'terms are sent as groups',
    change: (good) =>
      good.replace(
        '<membership>',
        '<group><sourcedid><source>SATS</source><id>H26</id></sourcedid><grouptype><scheme>Luminis</scheme><typevalue level="1">Term</typevalue></grouptype><description><short>Autumn</short></description></group>\n<membership>',
      ),
    code: 'TERM_NOT_TAKEN',
  },
  {
    row: 33,
    what: 'phone numbers change their form',
    change: all('>22000000<', '>+47 22 00 00 00<'),
  },
  {
    row: 34,
    what: 'running numbers are sent in place of national ones',
    change: all('</locker>', '</locker><nin/>'),
  },
  {
    row: 35,
    what: 'contents stand in CDATA',
    change: (good) => good.replaceAll(/<(fn|id|short)>([^<]*)</g, '<$1><![CDATA[$2]]><'),
  },
  { row: 35, what: 'a byte order mark stands first', change: before('\ufeff') },
  {
    row: 35,
    what: 'properties come twice',
    change: all(
      '</properties>',
      '</properties>\n<properties><datasource>OTHER</datasource></properties>',
    ),
    code: 'PROPERTIES_REPEATED',
  },
]

describe('a deviation that was seen in the wild takes nobody away:', () => {
  for (const { row, what, change, code, outcome, ended } of DEVIATIONS) {
    test(`${what} (${row})`, async () => {
      const site = await makeSite(database)
      await site.send(GOOD)
      const known = await everythingOf(site)
      const report = await site.send(change(GOOD))
      assert.equal(report.outcome, outcome ?? 'applied')
      const { person, group, membership } = report.tallies
      assert.deepEqual(
        [person.removed, person.setAside, group.removed, group.setAside, membership.setAside],
        [0, 0, 0, 0, 0],
      )
      assert.equal(membership.removed, ended ?? 0)
      if (code !== undefined) assert.ok((report.problems[code] ?? 0) > 0, `${code} is reported`)
      if (outcome === 'held') assert.deepEqual(await everythingOf(site), known)
      await assertSound(site)
    })
  }

  test('every row of the table is here', () => {
    const rows = new Set(DEVIATIONS.map(({ row }) => row))
    assert.deepEqual(
      [...rows].sort((a, b) => a - b),
      Array.from({ length: 35 }, (_, n) => n + 1),
    )
  })
})

/** Imports a damaged file over the roster that the good one made; whatever comes of it, the good one heals it. */
async function damage(site: TestSite, file: string | Uint8Array): Promise<RunReport> {
  const good = await contentsOf(site)
  const known = await everythingOf(site)
  const report = await site.send(file)
  assert.ok(['applied', 'held', 'refused', 'same'].includes(report.outcome), report.outcome)
  assert.ok(report.finishedAt !== '', 'the run has ended')
  if (report.outcome === 'refused') assert.ok(report.refusal, 'a refusal says why')
  if (report.outcome !== 'applied') {
    assert.deepEqual(await everythingOf(site), known)
    return report
  }
  const now = await contentsOf(site)
  const lost = (part: 'persons' | 'groups' | 'memberships'): number =>
    good[part].length - now[part].length
  // The floors of the filter: what a small site may lose in one night.
  assert.ok(lost('persons') <= 5 && lost('groups') <= 5 && lost('memberships') <= 50)
  assert.ok(report.findings.every(({ holds }) => !holds))
  await assertSound(site)
  await site.deliver(GOOD)
  assert.deepEqual(await contentsOf(site), good)
  return report
}

async function goodSite(): Promise<TestSite> {
  const site = await makeSite(database, { limits: 'normal' })
  await site.send(GOOD)
  return site
}

const BYTES = Buffer.from(GOOD)
const TAGS = [...BYTES.toString('latin1').matchAll(/<[^>]*>/g)].map(({ 0: tag, index }) => ({
  from: index,
  to: index + tag.length,
}))

describe('a damaged file is read or refused, never more:', () => {
  test('cut off before, in and behind tags', async () => {
    const site = await goodSite()
    const known = await everythingOf(site)
    // Records repeat: every seventh tag takes all kinds of them in turn. The scanner has a test for every byte.
    const tags = TAGS.slice(1, -1).filter((_, at) => at % 7 === 0)
    for (const place of tags.flatMap(({ from, to }) => [from, from + 2, to])) {
      const { report } = await site.plan(BYTES.subarray(0, place))
      assert.equal(report.outcome, 'refused', `cut off at ${place}`)
      assert.ok(
        ['ENDS_EARLY', 'FILE_EMPTY', 'NOT_WELL_FORMED'].includes(report.refusal?.code ?? ''),
      )
    }
    for (const place of [100, 1000, 3000]) await damage(site, BYTES.subarray(0, place))
    assert.deepEqual(await everythingOf(site), known)
  })
})
