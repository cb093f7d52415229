import type { AbcRules } from '../ims/abc/file.ts'
import type { Rules } from './contract.ts'
import { deliveryTypeReader } from './delivery-type.ts'
import { effectiveRules } from './extend.ts'
import { groupReader } from './group.ts'
import { hashRules } from './hash.ts'
import { rankOf } from './pattern.ts'
import { identityOf, keyReader } from './key.ts'
import { memberReader } from './member.ts'
import { countriesOf, type NumberCheck } from './national-number.ts'
import { personReader } from './person.ts'
import type { EffectiveRules, RulesFile } from './schema.ts'
import { usernameMaker } from './username.ts'

/**
 * Compiles a rules file with its presets into what an import reads records through. `checkNumber` says whether a
 * national number passes its country's check (`numbers/`); without it none is doubtful.
 */
export function compileRules(
  file: RulesFile,
  options: { readonly checkNumber?: NumberCheck } = {},
): Rules {
  const rules = effectiveRules(file)
  const keyOf = keyReader(rules.syncKey)
  const { kinds } = rules.take
  return {
    hash: hashRules(rules),
    carries: rules.carries.filter((kind) => kinds.includes(kind)),
    takes: kinds,
    joinBy: rules.join.by === 'off' ? undefined : rules.join.by,
    targets: rules.targets,
    timeZone: rules.timeZone,
    parentRelation: rules.parentRelation,
    absentField: rules.absentField,
    numberCountries: countriesOf(rules.nationalNumber.check),
    mentors: rules.relations.mentor,
    abc: abcRules(rules),
    username: usernameMaker(rules.usernames),
    deliveryType: deliveryTypeReader(rules),
    key: keyOf,
    person: personReader(rules, keyOf, options.checkNumber),
    group: groupReader(rules, keyOf),
    listKey: ({ sourcedIds }) => identityOf(sourcedIds, keyOf)?.key,
    member: memberReader(rules, keyOf),
  }
}

function abcRules({ keyTypes, profiles }: EffectiveRules): AbcRules {
  return {
    keyRank: rankOf(keyTypes),
    usesRelationTypes: Object.keys(profiles.byRelationType).length > 0,
  }
}
