import type { Config } from '../config.ts'
import type { CallSettings } from '../mail/webhook-post.ts'
import { sealing } from '../store/sealed.ts'

/** How webhooks are called, as the environment says. */
export function callsOf(config: Config): CallSettings {
  return { sealing: sealing(config), mayCallPrivate: config.mayCallPrivate }
}
