import { purposeOf } from '../collect/secrets.ts'
import { HOST_KEY_PURPOSE } from '../dropbox/host-keys.ts'
import { WEBHOOK_PURPOSE } from '../mail/webhook-post.ts'
import type { SealedValue } from '../store/sealed-values.ts'

/** What a stored secret is sealed for: each part of the service has its own way to say that. */
export function sealedFor({ what, of }: SealedValue): string {
  if (what === 'webhook') return WEBHOOK_PURPOSE
  return what === 'collector' ? purposeOf(of) : HOST_KEY_PURPOSE
}
