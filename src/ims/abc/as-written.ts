import type { Problem } from '../../roster/problem.ts'
import type { ReadContext } from '../reading.ts'
import type { ImsMembership } from '../records.ts'
import type { Tokens } from '../tokens.ts'
import { AbcFile, NO_ABC_RULES } from './file.ts'
import { membershipsOf, readRelation } from './relation.ts'

/** Reads one relation by itself, as one list of everybody whom it names, by the ids that stand in it. */
export function readRelationAsWritten(
  tokens: Tokens,
  context: ReadContext,
): ImsMembership | Problem | undefined {
  const relation = readRelation(tokens, context, new AbcFile(NO_ABC_RULES))
  if (relation === undefined) return undefined
  const [first, ...more] = membershipsOf(relation, new AbcFile(NO_ABC_RULES))
  if (first === undefined) return { code: 'SUBJECT_UNCLEAR', place: relation.place }
  return { ...first, members: [first, ...more].flatMap(({ members }) => members) }
}
