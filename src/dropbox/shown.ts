import { boxFiles } from '../store/drop-box-files.ts'
import type { Database } from '../store/connect.ts'
import type { NamedDropBox } from '../store/drop-boxes.ts'
import type { Sealing } from '../store/sealed.ts'
import { readHostKeys } from './host-keys.ts'

/** What senders compare when they connect for the first time. */
export interface ShownHostKey {
  readonly algorithm: string
  readonly fingerprint: string
  readonly publicKey: string
}

/** The server's keys, made where there are none yet; never the private halves. */
export async function shownHostKeys(
  database: Database,
  sealing: Sealing,
  now: () => Date,
): Promise<ShownHostKey[]> {
  const keys = await readHostKeys(database, sealing, now)
  return keys.map(({ algorithm, fingerprint, publicKey }) => ({
    algorithm,
    fingerprint,
    publicKey,
  }))
}

/** A file or folder that lies in a box, as its sender sees it. */
export interface ShownFile {
  readonly path: string
  readonly kind: 'folder' | 'part' | 'whole' | 'taking' | 'taken'
  readonly bytes: number
}

export async function filesInBox(database: Database, box: NamedDropBox): Promise<ShownFile[]> {
  const files = await database.site(box.siteId, (session) => boxFiles(session, box))
  return files.flatMap(({ path, kind, bytes }) => (path === null ? [] : [{ path, kind, bytes }]))
}

/** An account as data: neither the password's hash nor anything else that would help to sign in. */
export function accountJson(box: NamedDropBox): { readonly [name: string]: unknown } {
  const { userName, site, source, password, keys, settings, createdAt } = box
  return {
    user: userName,
    site,
    source,
    hasPassword: password !== null,
    keys: keys.map(({ type, fingerprint, comment }) => ({ type, fingerprint, comment })),
    complete: settings.complete ?? 'closed',
    quietSeconds: settings.quietSeconds ?? null,
    names: settings.names ?? '*',
    quotaBytes: settings.quotaBytes ?? null,
    from: settings.from ?? [],
    createdAt,
    lockedAt: box.lockedAt,
    blockedUntil: box.isBlocked ? box.blockedUntil : null,
    signedInAt: box.signedInAt,
    signedInFrom: box.signedInFrom,
  }
}
