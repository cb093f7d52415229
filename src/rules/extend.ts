import { PRESETS } from './presets.ts'
import { IMS } from './presets/ims.ts'
import type { EffectiveRules, RulesFile } from './schema.ts'

/**
 * The rules that a file stands for: `ims`, over it the preset that the file extends, over both the file.
 * Keys are merged one by one and lists replaced, except lists in which the first match wins (`groupKinds`): there
 * the file's entries go before the preset's, so that a file need not repeat them.
 */
export function effectiveRules(file: RulesFile): EffectiveRules {
  const preset = PRESETS[file.extends ?? 'ims']
  return over(over(IMS, preset), file)
}

function over(below: EffectiveRules, rules: RulesFile): EffectiveRules {
  const above: RulesFile = {
    ...rules,
    ...(rules.groupKinds && { groupKinds: [...rules.groupKinds, ...below.groupKinds] }),
    ...(rules.roles && { roles: withKeys(rules.roles, roleTypeKey) }),
    ...(rules.deliveryTypes && { deliveryTypes: withKeys(rules.deliveryTypes, lower) }),
    ...(rules.profiles && { profiles: lowerProfiles(rules.profiles) }),
  }
  const { $schema: _schema, extends: _preset, ...effective } = merge(below, above) as RulesFile
  return effective as EffectiveRules
}

/** The role types of IMS Enterprise as words, from 01 on: the reader gives their numbers. */
const ROLE_WORDS = [
  'learner',
  'instructor',
  'contentdeveloper',
  'member',
  'manager',
  'mentor',
  'administrator',
  'teachingassistant',
]

/** `1`, `01` and `Learner` name the same role type; YAML reads an unquoted 01 as the number 1. */
function roleTypeKey(roleType: string): string {
  const word = roleType.toLowerCase()
  const number = ROLE_WORDS.indexOf(word) + 1
  return number > 0 ? `0${number}` : word.replace(/^[0-9]$/, '0$&')
}

function lower(word: string): string {
  return word.toLowerCase()
}

function lowerProfiles(profiles: NonNullable<RulesFile['profiles']>): typeof profiles {
  const { byInstitutionRole, byUserIdType } = profiles
  return {
    ...profiles,
    ...(byInstitutionRole && { byInstitutionRole: withKeys(byInstitutionRole, lower) }),
    ...(byUserIdType && { byUserIdType: withKeys(byUserIdType, lower) }),
  }
}

function withKeys<V>(
  record: { readonly [key: string]: V },
  key: (written: string) => string,
): { [key: string]: V } {
  return Object.fromEntries(Object.entries(record).map(([written, value]) => [key(written), value]))
}

function merge(below: unknown, above: unknown): unknown {
  if (above === undefined) return below
  if (!isMap(below) || !isMap(above)) return above
  // What the file says comes first: where order counts (byUserIdType), the first match wins and the file is stronger.
  const keys = new Set([...Object.keys(above), ...Object.keys(below)])
  return Object.fromEntries([...keys].map((key) => [key, merge(below[key], above[key])]))
}

function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
