import type { StoredCollector } from '../store/collectors.ts'
import type { Sealing } from '../store/sealed.ts'

/** What secrets of a collector are sealed for, together: this source alone. */
export function purposeOf(sourceId: number): string {
  return `collector ${sourceId}`
}

export function openSecrets(
  sealing: Sealing,
  siteId: number,
  { secrets, sourceId }: Pick<StoredCollector, 'secrets' | 'sourceId'>,
): { readonly [name: string]: string } {
  if (secrets === null) return {}
  return JSON.parse(sealing.open(secrets, purposeOf(sourceId), siteId)) as {
    [name: string]: string
  }
}

export function sealSecrets(
  sealing: Sealing,
  siteId: number,
  sourceId: number,
  secrets: { readonly [name: string]: string },
): Buffer | null {
  if (Object.keys(secrets).length === 0) return null
  return sealing.seal(JSON.stringify(secrets), purposeOf(sourceId), siteId)
}
