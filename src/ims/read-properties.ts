import type { ImsProperties } from './records.ts'
import { readRecord, type ReadContext, type Reading } from './reading.ts'
import type { Tokens } from './tokens.ts'
import { ORDER } from './vocabulary.ts'

/**
 * Reads a `<properties>`, called on its start tag; gives undefined when the window ended inside it.
 * Extension data of the file as a whole means nothing to a roster and is passed over.
 */
export function readProperties(tokens: Tokens, context: ReadContext): ImsProperties | undefined {
  return readRecord(tokens, context, undefined, read)
}

function read(reading: Reading): ImsProperties {
  const { tokens } = reading
  const lang = tokens.attribute('lang')?.trim() ?? ''
  let datasource = ''
  let integrationId = ''
  let type = ''
  let datetime = ''
  const targets: string[] = []
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.properties, rank)
    switch (tokens.name) {
      case 'datasource':
        datasource ||= reading.trimmedText()
        break
      case 'integrationid':
        integrationId ||= reading.trimmedText()
        break
      case 'target': {
        const target = reading.text()
        if (target !== '') targets.push(target)
        break
      }
      case 'type':
        type ||= reading.text()
        break
      case 'datetime':
        datetime ||= reading.text()
        break
      case 'comments':
      case 'extension':
        reading.skip()
        break
      default:
        reading.note('ELEMENT_UNKNOWN', tokens.name)
        reading.skip()
    }
  }
  if (datasource === '' && integrationId !== '') {
    reading.note('DATASOURCE_AS_INTEGRATIONID', 'integrationId', 'datasource')
    datasource = integrationId
  }
  if (datasource === '') reading.noteAt('DATASOURCE_MISSING', reading.place)
  if (tokens.badText) reading.noteAt('BYTES_UNREADABLE', reading.place)
  return {
    place: reading.place,
    targets,
    problems: reading.problems(),
    ...(lang !== '' && { lang }),
    ...(datasource !== '' && { datasource }),
    ...(type !== '' && { type }),
    ...(datetime !== '' && { datetime }),
  }
}
