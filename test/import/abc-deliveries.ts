/** ABC-Enterprise deliveries of tests, from plain objects. */
import { tenorNumber } from '../../src/numbers/test-number.ts'

export interface AbcPersonSpec {
  /** A number alone stands for itself as NO_BIRTHNO. */
  readonly ids: readonly (readonly [type: string, id: string])[]
  readonly given?: string
  readonly family?: string
  /** XML behind the name. */
  readonly more?: string
}

export interface AbcUnitSpec {
  readonly id: string
  readonly name?: string
  readonly parent?: string
  readonly more?: string
}

export interface AbcGroupSpec {
  readonly type: string
  readonly id: string
  readonly description?: string
  readonly more?: string
}

export interface AbcRelationSpec {
  readonly type: string
  /** XML of the subject. */
  readonly subject: string
  readonly objects: readonly string[]
}

export interface AbcSpec {
  readonly units?: readonly AbcUnitSpec[]
  readonly persons?: readonly AbcPersonSpec[]
  readonly groups?: readonly AbcGroupSpec[]
  readonly relations?: readonly AbcRelationSpec[]
  readonly timestamp?: string
  /** XML of further declarations; `undefined` for none at all. */
  readonly types?: string
}

const TYPES = [
  '<contacttype subject="person">primary account</contacttype>',
  '<contacttype subject="person">primary e-mail address</contacttype>',
  '<contacttype subject="person">cellular phone</contacttype>',
  '<orgidtype>institusjonsnummer</orgidtype><orgnametype>name</orgnametype>',
  '<ouidtype>sko</ouidtype><ounametype>name</ounametype>',
  '<personidtype>NO_BIRTHNO</personidtype><personidtype>NO_STUDNO</personidtype>',
  '<partnametype>work title</partnametype>',
  '<groupidtype>kullgroup</groupidtype><groupidtype>uegroup</groupidtype>',
  '<relationtype subject="organization" object="group">kull-ou</relationtype>',
  '<relationtype subject="group" object="person">kull-people</relationtype>',
  '<relationtype subject="organization" object="group">ue-ou</relationtype>',
  '<relationtype subject="group" object="person">ue-people</relationtype>',
  '<relationtype subject="organization" object="person">Student, aktiv (5:7)</relationtype>',
  '<relationtype subject="organization" object="person">Ansatt, vitenskapelig (6:9)</relationtype>',
]

export const ORGANISATION = '201'

/** The XML of a delivery, without a declaration of its encoding. */
export function abcText({ units, persons, groups, relations, timestamp, types }: AbcSpec): string {
  const lines = [
    '<?xml version="1.0"?>',
    '<document>',
    '<properties><datasource>cerebrum</datasource><target>rollcall</target>',
    leaf('timestamp', timestamp ?? '2026-09-01T02:00:00'),
    `<types>${[...TYPES, types ?? ''].join('\n')}</types></properties>`,
    `<organization><orgid orgidtype="institusjonsnummer">${ORGANISATION}</orgid>`,
    '<orgname orgnametype="name" lang="no">Høgskolen i Sørfjell</orgname><realm>sorfjell.example</realm>',
    ...(units ?? []).map(unitText),
    '</organization>',
    ...(persons ?? []).map(personText),
    ...(groups ?? []).map(groupText),
    ...(relations ?? []).map(relationText),
    '</document>',
    '',
  ]
  return lines.join('\n')
}

/** As such files come: ISO-8859-1, of which nothing in them speaks. */
export function abcBytes(spec: AbcSpec): Buffer {
  return Buffer.from(abcText(spec), 'latin1')
}

function unitText({ id, name, parent, more = '' }: AbcUnitSpec): string {
  const above = parent === undefined ? '' : `<parentid ouidtype="sko">${parent}</parentid>`
  return `<ou>${ouId(id)}<ouname ounametype="name" lang="no">${name ?? `Unit ${id}`}</ouname>${above}${more}</ou>`
}

function personText({ ids, given = 'Mild', family = 'Bark', more = '' }: AbcPersonSpec): string {
  const all = ids.map(([type, id]) => personId(id, type)).join('')
  return `<person>${all}<name><fn>${given} ${family}</fn><n><family>${family}</family><given>${given}</given></n></name>${more}</person>`
}

function groupText({ type, id, description, more = '' }: AbcGroupSpec): string {
  return `<group>${groupId(id, type)}${leaf('description', description ?? `Group ${id}`)}${more}</group>`
}

function relationText({ type, subject, objects }: AbcRelationSpec): string {
  return `<relation relationtype="${type}"><subject>${subject}</subject><object>${objects.join('')}</object></relation>`
}

/** `<org>` that names a unit, as relations do. */
export function unit(id: string): string {
  return `<org><orgid orgidtype="institusjonsnummer">${ORGANISATION}</orgid>${ouId(id)}</org>`
}

export function personId(id: string, type = 'NO_BIRTHNO'): string {
  return `<personid personidtype="${type}">${id}</personid>`
}

export function groupId(id: string, type: string): string {
  return `<groupid groupidtype="${type}">${id}</groupid>`
}

function ouId(id: string): string {
  return `<ouid ouidtype="sko">${id}</ouid>`
}

function leaf(name: string, text: string): string {
  return `<${name}>${text}</${name}>`
}

/** Numbers that no real person has, all different. */
export function numbers(count: number): string[] {
  const made: string[] = []
  for (let serial = 0; made.length < count; serial++) {
    const number = tenorNumber(
      `19${80 + (serial % 20)}-0${1 + (serial % 9)}-1${serial % 9}`,
      serial,
    )
    if (number !== undefined) made.push(number)
  }
  return made
}
