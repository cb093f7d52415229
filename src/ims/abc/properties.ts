import type { ImsProperties } from '../records.ts'
import { readRecord, type ReadContext, type Reading } from '../reading.ts'
import type { Tokens } from '../tokens.ts'
import { type DeclaredTypes, isTypeKind } from './types.ts'

/**
 * Reads the `<properties>` of a file, called on its start tag, and adds the types that it declares to `types`. Gives
 * undefined when the window ended inside it.
 */
export function readAbcProperties(
  tokens: Tokens,
  context: ReadContext,
  types: DeclaredTypes,
): ImsProperties | undefined {
  return readRecord(tokens, context, undefined, (reading) => read(reading, types))
}

function read(reading: Reading, types: DeclaredTypes): ImsProperties {
  const { tokens } = reading
  let datasource = ''
  let datetime = ''
  const targets: string[] = []
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'datasource':
        datasource ||= reading.trimmedText()
        break
      case 'target': {
        const target = reading.text()
        if (target !== '') targets.push(target)
        break
      }
      case 'timestamp':
        datetime ||= reading.text()
        break
      case 'types':
        readTypes(reading, types)
        break
      default:
        reading.note('ELEMENT_UNKNOWN', tokens.name)
        reading.skip()
    }
  }
  if (datasource === '') reading.noteAt('DATASOURCE_MISSING', reading.place)
  if (!types.areThere) reading.noteAt('TYPE_UNDECLARED', reading.place, undefined, 'types')
  if (tokens.badText) reading.noteAt('BYTES_UNREADABLE', reading.place)
  return {
    place: reading.place,
    targets,
    problems: reading.problems(),
    ...(datasource !== '' && { datasource }),
    ...(datetime !== '' && { datetime }),
  }
}

function readTypes(reading: Reading, types: DeclaredTypes): void {
  const { tokens } = reading
  while (reading.nextChild()) {
    const { name } = tokens
    const subject = tokens.attribute('subject')
    const object = tokens.attribute('object')
    const type = reading.text()
    if (!isTypeKind(name)) reading.note('ELEMENT_UNKNOWN', name)
    else if (type !== '') types.add(name, type, subject, object)
  }
}
