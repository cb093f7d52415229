import type { DeliveryType, ImsProperties } from '../ims/records.ts'
import type { Problem } from '../roster/problem.ts'
import { compilePattern } from './pattern.ts'
import type { EffectiveRules } from './schema.ts'

/**
 * How a delivery is meant: what the rules fix, or what they say about the word in `properties/type`; full where it
 * has none. A whole word counts before a pattern. A word that no rule names is a problem, since a wrong guess would remove what was merely not repeated.
 */
export function deliveryTypeReader(
  rules: EffectiveRules,
): (properties: ImsProperties) => DeliveryType | Problem {
  if (rules.type !== 'detect') {
    const fixed = rules.type
    return () => fixed
  }
  const words = Object.entries(rules.deliveryTypes).map(([word, type]) => ({
    type,
    matches: compilePattern(word).matches,
  }))
  const whole = new Map(Object.entries(rules.deliveryTypes))
  return ({ type, place }) => {
    const word = type?.trim() ?? ''
    if (word === '') return 'full'
    const exact = whole.get(word.toLowerCase())
    if (exact !== undefined) return exact
    const found = words.find(({ matches }) => matches(word))
    if (found !== undefined) return found.type
    return { code: 'TYPE_UNKNOWN', place, found: word, expected: 'full, delta or event' }
  }
}
