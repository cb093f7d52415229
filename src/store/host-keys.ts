import type { Database } from './connect.ts'

/** A key that the drop box shows to its clients. */
export interface StoredHostKey {
  readonly algorithm: string
  /** Encrypted. */
  readonly privateKey: Buffer
  readonly publicKey: string
}

export function hostKeys(database: Database): Promise<StoredHostKey[]> {
  return database.installation((session) =>
    session.query<StoredHostKey>(
      `select algorithm, private_key as "privateKey", public_key as "publicKey"
       from drop_box_host_keys where site_id = 0 order by algorithm`,
    ),
  )
}

/** Keeps a key unless another process was faster. */
export async function insertHostKey(
  database: Database,
  { algorithm, privateKey, publicKey }: StoredHostKey,
  now: string,
): Promise<void> {
  await database.installation((session) =>
    session.execute(
      `insert into drop_box_host_keys (algorithm, private_key, public_key, made_at) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [algorithm, privateKey, publicKey, now],
    ),
  )
}

/** Puts a key in the place of the one of its algorithm, or beside the others. */
export async function replaceHostKey(
  database: Database,
  { algorithm, privateKey, publicKey }: StoredHostKey,
  now: string,
): Promise<void> {
  await database.installation((session) =>
    session.execute(
      `insert into drop_box_host_keys (algorithm, private_key, public_key, made_at) values ($1, $2, $3, $4)
       on conflict (site_id, algorithm) do update
         set private_key = excluded.private_key, public_key = excluded.public_key, made_at = excluded.made_at`,
      [algorithm, privateKey, publicKey, now],
    ),
  )
}
