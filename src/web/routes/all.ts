import type { Operation } from '../operation.ts'
import { CORRECTIONS } from './corrections.ts'
import { ERASURE } from './erasure.ts'
import { ROSTER } from './roster.ts'
import { RUNS } from './runs.ts'
import { SITES } from './sites.ts'
import { SOURCES } from './sources.ts'
import { WAITING } from './waiting.ts'

/** Every operation. Deliveries come by an address of their own (upload.ts). */
export const OPERATIONS: readonly Operation[] = [
  ...SITES,
  ...SOURCES,
  ...RUNS,
  ...ROSTER,
  ...WAITING,
  ...CORRECTIONS,
  ...ERASURE,
]
