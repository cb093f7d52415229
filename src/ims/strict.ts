import type { Problem } from '../roster/problem.ts'
import type { ImsGroup, ImsMembership, ImsPerson, ImsProperties } from './records.ts'
import { checkGroup, checkMembership } from './strict-group.ts'
import { checkPerson } from './strict-person.ts'
import { ABC_DIALECT } from './dialect.ts'
import { StrictFindings } from './strict-findings.ts'
import { PIFU_FILE_TYPES } from './pifu-vocabulary.ts'

const NONE: readonly Problem[] = Object.freeze([])

/**
 * What of a record departs from the dialect that its file claims, though an import takes it without loss: lengths,
 * vocabularies, forms, and what the dialect requires or does not know. `dialect` is that of the frame. The order
 * of elements and known misspellings are noted by the readers; together they are what `check` reports.
 * Source: the DTD of IMS Enterprise 1.1 with the lengths in its comments, and the schema and text of PIFU-IMS.
 */
export function strictChecks(
  record: ImsPerson | ImsGroup | ImsMembership | ImsProperties,
  dialect: string,
): readonly Problem[] {
  // No text of the norm of ABC-Enterprise says more than its readers note.
  if (dialect === ABC_DIALECT) return NONE
  const findings = new StrictFindings(record, dialect)
  if (!('kind' in record)) checkProperties(record, findings)
  else if (record.kind === 'person') checkPerson(record, findings)
  else if (record.kind === 'group') checkGroup(record, findings)
  else checkMembership(record, findings)
  return findings.problems
}

const DATE_TIME =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/

function checkProperties(properties: ImsProperties, findings: StrictFindings): void {
  const { datasource, type, datetime, lang, targets } = properties
  findings.required(datasource, 'properties/datasource')
  findings.length(datasource, 256, 'datasource')
  for (const target of targets) findings.length(target, 256, 'target')
  findings.length(type, 32, 'type')
  findings.required(datetime, 'properties/datetime')
  findings.form(datetime, DATE_TIME, 'datetime', 'YYYY-MM-DD or YYYY-MM-DDThh:mm:ss')
  if (!findings.isPifu) return
  findings.required(lang, 'properties/@lang')
  findings.required(type, 'properties/type')
  findings.vocabulary(type, PIFU_FILE_TYPES, 'properties/type')
}
