import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import type { RunReport } from '../../src/import/report.ts'
import { importDelivery } from '../../src/import/run.ts'
import type { Database } from '../../src/store/connect.ts'
import { siteNamed, setSource, sourceNamed } from '../../src/store/sites.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-roster-'))
after(() => rmSync(folder, { recursive: true }))

const id = (key: string): string => `<sourcedid><source>s</source><id>${key}</id></sourcedid>`

export const person = (
  key: string,
  name: string,
  { username = '', role = 'Student', guardian = '' } = {},
): string =>
  `<person>${id(key)}${username && `<userid>${username}</userid>`}<name><fn>${name}</fn></name>` +
  `<institutionrole primaryrole="Yes" institutionroletype="${role}"/>` +
  `${guardian && `<extension><relationship><relationshiptype>child</relationshiptype>${id(guardian)}</relationship></extension>`}</person>\n`

export const group = (
  key: string,
  title: string,
  parent: string,
  type = 'Group',
  level = '2',
): string =>
  `<group>${id(key)}<grouptype><scheme>s</scheme><typevalue level="${level}">${type}</typevalue></grouptype>` +
  `<description><short>${title}</short></description>` +
  `${parent && `<relationship relation="1">${id(parent)}<label>parent</label></relationship>`}</group>\n`

export const list = (
  key: string,
  ...members: (readonly [key: string, role: string, begin?: string, end?: string])[]
): string =>
  `<membership>${id(key)}${members
    .map(([member, role, begin, end]) => {
      const frame =
        begin === undefined
          ? ''
          : `<timeframe><begin>${begin}</begin><end>${end ?? ''}</end></timeframe>`
      return `<member>${id(member)}<idtype>1</idtype><role roletype="${role}"><status>1</status>${frame}</role></member>`
    })
    .join('')}</membership>\n`

/** Rules of these tests: what a type of group is, and whose identity is protected. */
export const RULES = `
groupKinds:
  - value: School
    kind: school
  - value: Course
    kind: course
protected:
  keys: [P-9]
`

/** Imports a delivery of these elements into the default site, and gives the report. */
export async function importNight(
  database: Database,
  night: number,
  elements: string,
): Promise<RunReport> {
  const site = await siteNamed(database, 'default')
  const source = await sourceNamed(database, site.id, 'default')
  if (source.rules === null) await setSource(database, site.id, source, { rules: RULES })
  const file = join(folder, `night-${night}.xml`)
  writeFileSync(
    file,
    `<enterprise>\n<properties><datasource>s</datasource><datetime>2026-09-0${night}T02:00:00</datetime></properties>\n${elements}</enterprise>\n`,
  )
  return importDelivery({
    database,
    siteId: site.id,
    sourceId: source.id,
    file,
    deliveriesFolder: join(folder, 'deliveries'),
    limits: DEFAULT_READ_LIMITS,
    sender: 'test',
    channel: 'command line',
    dryRun: false,
    acceptOlder: false,
    now: () => new Date(`2026-09-0${night}T02:10:00Z`),
    onProgress: () => {},
  })
}
