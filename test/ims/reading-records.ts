import assert from 'node:assert/strict'
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../../src/ims/limits.ts'
import { readGroup } from '../../src/ims/read-group.ts'
import { readMembership } from '../../src/ims/read-membership.ts'
import { readPerson } from '../../src/ims/read-person.ts'
import { readProperties } from '../../src/ims/read-properties.ts'
import type { ReadContext } from '../../src/ims/reading.ts'
import type { ImsGroup, ImsMembership, ImsPerson, ImsProperties } from '../../src/ims/records.ts'
import { MORE, START, Tokens } from '../../src/ims/tokens.ts'
import type { Problem } from '../../src/roster/problem.ts'

type Read<R> = (tokens: Tokens, context: ReadContext) => R | Problem | undefined

/** What the file that the records of a test are in says about itself. */
export const DATASOURCE = 'sas@eksempel.no'

export function readBytes<R>(
  read: Read<R>,
  bytes: Uint8Array,
  limits: ReadLimits = DEFAULT_READ_LIMITS,
): R | Problem | undefined {
  const tokens = new Tokens(limits)
  tokens.reset(bytes, 0, bytes.length, 0)
  assert.equal(tokens.next(), START)
  return read(tokens, { datasource: DATASOURCE, limits, dialect: 'ims-1.1', base: 0 })
}

function readWhole<R extends object>(read: Read<R>, xml: string): R {
  const record = readBytes(read, Buffer.from(xml))
  assert.ok(record !== undefined, 'the element is not whole')
  assert.ok(!('code' in record), `set aside: ${JSON.stringify(record)}`)
  return record
}

export function person(content: string, attributes = ''): ImsPerson {
  return readWhole(readPerson, `<person${attributes}>${content}</person>`)
}

export function group(content: string, attributes = ''): ImsGroup {
  return readWhole(readGroup, `<group${attributes}>${content}</group>`)
}

export function membership(content: string): ImsMembership {
  return readWhole(readMembership, `<membership>${content}</membership>`)
}

export function properties(content: string): ImsProperties {
  return readWhole(readProperties, `<properties>${content}</properties>`)
}

/** The problem that an element comes out as when it cannot be used. */
export function problemOf(xml: string, limits?: ReadLimits): Problem {
  const read = xml.startsWith('<person')
    ? readPerson
    : xml.startsWith('<group')
      ? readGroup
      : readMembership
  const record = readBytes<object>(read, Buffer.from(xml), limits)
  assert.ok(record !== undefined && 'code' in record, 'the element is used')
  return record
}

export function id(key: string, attributes = ''): string {
  return `<sourcedid${attributes}><source>${DATASOURCE}</source><id>${key}</id></sourcedid>`
}

export function codes(record: { readonly problems: readonly Problem[] }): readonly string[] {
  return record.problems.map(({ code }) => code)
}

/** All records of a whole document, in file order. */
export function readDocument(xml: string): {
  readonly properties: ImsProperties | undefined
  readonly persons: ImsPerson[]
  readonly groups: ImsGroup[]
  readonly memberships: ImsMembership[]
} {
  const bytes = Buffer.from(xml)
  const tokens = new Tokens(DEFAULT_READ_LIMITS)
  tokens.reset(bytes, xml.startsWith('<?xml') ? bytes.indexOf('?>') + 2 : 0, bytes.length, 0)
  const found = {
    properties: undefined as ImsProperties | undefined,
    persons: [] as ImsPerson[],
    groups: [] as ImsGroup[],
    memberships: [] as ImsMembership[],
  }
  for (let kind = tokens.next(); kind !== MORE; kind = tokens.next()) {
    if (kind !== START) continue
    const datasource = found.properties?.datasource
    const context = { datasource, limits: DEFAULT_READ_LIMITS, dialect: 'ims-1.1', base: 0 }
    if (tokens.name === 'properties') found.properties = readProperties(tokens, context)
    else if (tokens.name === 'person') found.persons.push(used(readPerson(tokens, context)))
    else if (tokens.name === 'group') found.groups.push(used(readGroup(tokens, context)))
    else if (tokens.name === 'membership')
      found.memberships.push(used(readMembership(tokens, context)))
  }
  return found
}

function used<R extends object>(record: R | Problem | undefined): R {
  assert.ok(record !== undefined && !('code' in record), JSON.stringify(record))
  return record
}
