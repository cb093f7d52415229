import type { Operation } from '../operation.ts'
import { ACCOUNTS } from './accounts.ts'
import { AUDIT } from './audit.ts'
import { CONTACTS } from './contacts.ts'
import { ARRIVALS } from './arrivals.ts'
import { COLLECTORS } from './collectors.ts'
import { CORRECTIONS } from './corrections.ts'
import { DROP_BOX } from './drop-box.ts'
import { ERASURE } from './erasure.ts'
import { MAIL } from './mail.ts'
import { RECIPIENTS } from './recipients.ts'
import { ROSTER } from './roster.ts'
import { RUNS } from './runs.ts'
import { SITES } from './sites.ts'
import { SOURCES } from './sources.ts'
import { TOKENS } from './tokens.ts'
import { WAITING } from './waiting.ts'
import { WEBHOOKS } from './webhooks.ts'

/** Every operation. Deliveries come by an address of their own (upload.ts). */
export const OPERATIONS: readonly Operation[] = [
  ...SITES,
  ...SOURCES,
  ...RUNS,
  ...ROSTER,
  ...WAITING,
  ...CORRECTIONS,
  ...ERASURE,
  ...RECIPIENTS,
  ...CONTACTS,
  ...MAIL,
  ...WEBHOOKS,
  ...ARRIVALS,
  ...COLLECTORS,
  ...DROP_BOX,
  ...ACCOUNTS,
  ...TOKENS,
  ...AUDIT,
]
