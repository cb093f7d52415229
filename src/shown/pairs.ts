import type { SuspectedPair } from '../change/key-churn.ts'
import { shownPairKeys } from '../roster/display.ts'

/** A suspected new key as JSON. */
export function pairJson(pair: SuspectedPair): { readonly [key: string]: unknown } {
  return { ...pair, ...shownPairKeys(pair) }
}
