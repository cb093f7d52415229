/** A small delivery without fault, on which others are made that have one. */

const id = (key: string): string => `<sourcedid><source>SATS</source><id>${key}</id></sourcedid>`

const person = (key: string, given: string, family: string, role: string): string => `<person>
${id(key)}
<userid>${given.toLowerCase()}.${key.toLowerCase()}</userid>
<name><fn>${given} ${family}</fn><n><family>${family}</family><given>${given}</given></n></name>
<demographics><gender>1</gender></demographics>
<email>${key.toLowerCase()}@example.org</email>
<tel teltype="1">22000000</tel>
<institutionrole primaryrole="Yes" institutionroletype="${role}"/>
<extension><locker>7</locker></extension>
</person>
`

const group = (key: string, title: string, parent: string): string => `<group>
${id(key)}
<grouptype><scheme>SATS</scheme><typevalue level="${parent === '' ? 1 : 2}">${parent === '' ? 'School' : 'Class'}</typevalue></grouptype>
<description><short>${title}</short><long>${title}</long></description>
${parent && `<relationship relation="1">${id(parent)}<label>School</label></relationship>\n`}</group>
`

const list = (key: string, members: readonly string[]): string => `<membership>
${id(key)}
${members
  .map(
    (member) => `<member>
${id(member)}
<idtype>1</idtype>
<role roletype="${member.startsWith('T') ? '02' : '01'}">
<status>1</status>
</role>
</member>
`,
  )
  .join('')}</membership>
`

const PUPILS = Array.from({ length: 10 }, (_, n) => `P${n}`)
const GIVEN = ['Åsa', 'Bo', 'Cia', 'Dag', 'Eva', 'Finn', 'Gro', 'Hans', 'Ida', 'Jon']

export const GOOD = `<?xml version="1.0" encoding="UTF-8"?>
<enterprise>
<properties><datasource>SATS</datasource><datetime>2026-09-01T02:00:00</datetime></properties>
${PUPILS.map((key, n) => person(key, GIVEN[n] ?? '', 'Öst', 'Student')).join('')}${person('T1', 'Tor', 'Lund', 'Staff')}${person('T2', 'Turid', 'Vik', 'Staff')}${group('S', 'North', '')}${group('A', '7A', 'S')}${group('B', '7B', 'S')}${list('A', ['T1', ...PUPILS.slice(0, 5)])}${list('B', ['T2', ...PUPILS.slice(5)])}</enterprise>
`
