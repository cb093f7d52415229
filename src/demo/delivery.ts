import { open } from 'node:fs/promises'
import { groupsOf, personsOf } from './lists.ts'
import type { DemoGroup, DemoMember } from './lists.ts'
import { Markup } from './markup.ts'
import type { DemoNight } from './night.ts'
import { kindOf, personOf } from './people.ts'
import { sourcedId, writeGroup, writeMember, writePerson, writeProperties } from './records.ts'
import type { Spelling } from './records.ts'
import type { DemoStyle } from './style.ts'

/** Takes a piece of the file: text for UTF-8, bytes for any other encoding. */
export type DemoSink = (chunk: string | Uint8Array) => void | Promise<void>

const CHUNK_CHARACTERS = 1 << 20

/**
 * Writes the delivery of a night, piece by piece and awaiting each, so that a file of any size takes the same
 * little memory. The same night and style give the same bytes.
 */
export async function writeDelivery(
  night: DemoNight,
  style: DemoStyle,
  write: DemoSink,
): Promise<void> {
  const spelling: Spelling = { options: night.options, style }
  let text = `<?xml version="1.0" encoding="${style.encoding}"?>`
  for (const piece of pieces(night, spelling)) {
    text += piece
    if (text.length < CHUNK_CHARACTERS) continue
    await write(encode(text, style))
    text = ''
  }
  await write(encode(`${text}\n`, style))
}

/** Writes the delivery to a file, replacing it, and gives its size in bytes. */
export async function writeDeliveryFile(
  night: DemoNight,
  style: DemoStyle,
  path: string,
): Promise<number> {
  const file = await open(path, 'w')
  let bytes = 0
  try {
    await writeDelivery(night, style, async (chunk) => {
      const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      for (let written = 0; written < buffer.length;) {
        written += (await file.write(buffer, written)).bytesWritten
      }
      bytes += buffer.length
    })
  } finally {
    await file.close()
  }
  return bytes
}

function encode(text: string, style: DemoStyle): string | Uint8Array {
  return style.encoding === 'UTF-8' ? text : Buffer.from(text, 'latin1')
}

/** The file in pieces of a record each. */
function* pieces(night: DemoNight, spelling: Spelling): Generator<string, void, undefined> {
  const { options, shape } = night
  const { prefix, namespace } = spelling.style
  const xml = new Markup(spelling.style)
  const name = prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`
  xml.open('enterprise', namespace === undefined ? '' : ` ${name}="${namespace}"`)
  writeProperties(xml, spelling)
  yield xml.take()
  const nameless = namelessPupils(night)
  for (const id of personsOf(night)) {
    const person = personOf(options, shape, id, night.revisions.get(id) ?? 0, night.grades.get(id))
    writePerson(xml, spelling, person, !nameless.has(id))
    yield xml.take()
  }
  for (const group of groupsOf(night)) {
    writeGroup(xml, spelling, group)
    yield xml.take()
  }
  const members = memberWriter(xml, spelling)
  for (const group of groupsOf(night)) yield* memberships(xml, spelling, group, members)
  xml.close('enterprise')
  yield xml.take()
}

function* memberships(
  xml: Markup,
  spelling: Spelling,
  group: DemoGroup,
  writeOne: (member: DemoMember) => string,
): Generator<string, void, undefined> {
  const { members } = group
  if (members === undefined || members.length === 0) return
  xml.open('membership')
  sourcedId(xml, group.key)
  const head = xml.take()
  xml.close('membership')
  const tail = xml.take()
  if (spelling.style.membershipPerMember) {
    for (const member of members) yield head + writeOne(member) + tail
    return
  }
  let list = head
  for (const member of members) list += writeOne(member)
  yield list + tail
}

/** Members of one role differ in their key only: all around it is made once. */
function memberWriter(xml: Markup, spelling: Spelling): (member: DemoMember) => string {
  const halves = new Map<string, readonly [string, string]>()
  return ({ key, roleType }) => {
    let known = halves.get(roleType)
    if (known === undefined) {
      // One deeper than the list is: inside its <membership>.
      const inside = xml.fork()
      inside.open('membership')
      inside.take()
      writeMember(inside, spelling, { key: '\0', roleType })
      const [before = '', after = ''] = inside.take().split('\0')
      known = [before, after]
      halves.set(roleType, known)
    }
    return known[0] + key + known[1]
  }
}

function namelessPupils(night: DemoNight): ReadonlySet<number> {
  const chosen = new Set<number>()
  const { nameless } = night.options
  for (const id of personsOf(night)) {
    if (chosen.size >= nameless) break
    // The first pupils are likely to be those who leave and move: leave them alone.
    if (id > night.shape.pupils / 2 && kindOf(night.shape, id) === 'pupil') chosen.add(id)
  }
  return chosen
}
