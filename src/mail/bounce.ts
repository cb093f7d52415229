/** What a delivery status notification says of one recipient. */
export interface Bounce {
  readonly address: string
  /** Such as 5.1.1. */
  readonly status: string
}

/** Bytes of a notification that are looked at: the whole of any real one. */
export const BOUNCE_BYTES_MAX = 1024 * 1024

/**
 * Recipients for whom a delivery status notification (RFC 3464) says that delivery has failed for good. Nothing where the
 * text is no such notification, or says that the mail is late, or has been delivered. Statuses that speak of policy or of a
 * full mailbox (5.7, 5.2.2) are no reason to write to nobody there any more.
 */
export function bouncesIn(message: string): Bounce[] {
  const head = unfolded(headOf(message))
  if (!/^content-type:\s*multipart\/report\b/im.test(head)) return []
  const bounces: Bounce[] = []
  for (const part of partsOf(message, head)) {
    const partHead = unfolded(headOf(part))
    if (!/^content-type:\s*message\/(?:global-)?delivery-status\b/im.test(partHead)) continue
    const body = decoded(bodyOf(part), partHead)
    for (const fields of body.split(/\r?\n\r?\n/)) {
      const bounce = bounceOf(unfolded(fields))
      if (bounce !== undefined) bounces.push(bounce)
    }
  }
  return bounces
}

/** Message ids of ours that the notification quotes: proof that it is about a mail that was sent from here. */
export function ownMessageIds(message: string): string[] {
  return [...new Set(message.match(/<rollcall\.[\w.:-]{1,200}@[\w.-]{1,255}>/g) ?? [])]
}

function bounceOf(fields: string): Bounce | undefined {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(.+)$`, 'im').exec(fields)?.[1]?.trim()
  const status = /^5\.\d{1,3}\.\d{1,3}/.exec(field('status') ?? '')?.[0]
  const isFailed = /^failed\b/i.test(field('action') ?? '')
  if (!isFailed || status === undefined || /^5\.(?:7\.|2\.2$)/.test(status)) return undefined
  // Original-Recipient is what we wrote to; Final-Recipient may be where somebody forwards it.
  const to = field('original-recipient') ?? field('final-recipient')
  const address = /^(?:rfc822|utf-8)\s*;\s*<?([^\s<>]+@[^\s<>]+)>?$/i.exec(to ?? '')?.[1]
  return address === undefined ? undefined : { address, status }
}

function partsOf(message: string, head: string): string[] {
  const [, quoted, bare] = /boundary=(?:"([^"\r\n]{1,200})"|([^\s;]{1,200}))/i.exec(head) ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) return []
  return bodyOf(message)
    .split(`--${boundary}`)
    .slice(1)
    .map((part) => part.replace(/^[ \t]*\r?\n/, ''))
}

function headOf(text: string): string {
  return text.split(/\r?\n\r?\n/, 1)[0] ?? ''
}

function bodyOf(text: string): string {
  return /\r?\n\r?\n([\s\S]*)$/.exec(text)?.[1] ?? ''
}

function unfolded(text: string): string {
  return text.replaceAll(/\r?\n[ \t]+/g, ' ')
}

function decoded(body: string, head: string): string {
  if (/^content-transfer-encoding:\s*base64/im.test(head)) {
    return Buffer.from(body, 'base64').toString('utf8')
  }
  if (!/^content-transfer-encoding:\s*quoted-printable/im.test(head)) return body
  return body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
}
