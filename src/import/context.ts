import { createHash } from 'node:crypto'
import type { Rules } from '../rules/contract.ts'
import type { SourceForRun } from '../store/runs.ts'
import type { Collector } from './collect.ts'

/** Changes whenever the same bytes would be read into something else: then everything is read once more. */
const READER_VERSION = 1

/**
 * Everything that what a record's bytes mean depends on, beside the bytes: it guards the shortcut. Raw fingerprints
 * hold only as long as this stays the same.
 */
export function contextOf(collected: Collector, rules: Rules): string {
  const { frameRead, propertiesRead } = collected
  return digest([
    READER_VERSION,
    rules.hash,
    frameRead?.encoding,
    frameRead?.root,
    frameRead?.namespace,
    frameRead?.dialect,
    propertiesRead?.datasource,
  ])
}

/** Everything that what a whole delivery leads to depends on, beside its bytes and the mirror. */
export function settingsOf(source: SourceForRun, rules: Rules): string {
  return digest([READER_VERSION, rules.hash, source.settings, source.siteSettings])
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)
}
