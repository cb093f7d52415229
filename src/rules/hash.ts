import type { EffectiveRules } from './schema.ts'

/** Raised when the same rules come to mean something else: then every record is read anew. */
export const RULES_VERSION = 1

const FNV_OFFSET = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n

/** A change detector over rules, whatever the order of their keys (FNV-1a, 64 bits); no more than that. */
export function hashRules(rules: EffectiveRules): string {
  let hash = FNV_OFFSET
  for (const byte of Buffer.from(`${RULES_VERSION} ${stableJson(rules)}`, 'utf8')) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME)
  }
  return hash.toString(16).padStart(16, '0')
}

/** Keys sorted, except where their order counts: of several words that fit, the first wins. */
function stableJson(rules: EffectiveRules): string {
  const ordered = [
    rules,
    Object.keys(rules.profiles.byUserIdType),
    Object.keys(rules.profiles.byRelationType),
    ...[rules.deliveryTypes, rules.roles].map((words) =>
      Object.keys(words).filter((word) => /[*{]/.test(word)),
    ),
  ]
  return JSON.stringify(ordered, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
