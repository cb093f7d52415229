/** A person whose every value stands nowhere else, sent in every way that leaves a trace, and the search for him. */
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { Client, type ClientConfig } from 'pg'
import { audited } from '../../src/access/audit.ts'
import { edit } from '../../src/correction/edit.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { rekey } from '../../src/correction/rekey.ts'
import { purge, type PurgeRequest, type PurgeResult } from '../../src/erasure/purge.ts'
import { openHashes } from '../../src/ims/fingerprint.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { byTest } from '../correction/by-hand.ts'
import { type DeliverySpec, deliveryText, keys, type PersonSpec } from '../import/deliveries.ts'
import { zipOf } from '../import/archives.ts'
import type { Nights } from '../import/nights.ts'

export const FORMER = 'KEY-7730-"Ä"-FORMER'
export const KEY = 'KEY-7731-&-VANISH'
/** The same name with quotes and letters that JSON, COPY and XML each write in their own way. */
export const VALUES = [
  FORMER,
  KEY,
  'Vanishing "Å" Erasmus\\Gone',
  'Erasmusgiven',
  'Vanishfamily',
  'vanish.user',
  'vanish@gone.example',
  'edited.vanish@gone.example',
  '05898012345',
  'Vanishing Lane 77',
  'vanish-extension-data',
  'vanish-role-data',
  '+47 99 88 77 66',
]

const HIM: PersonSpec = {
  key: FORMER,
  name: 'Vanishing "Å" Erasmus\\Gone',
  given: 'Erasmusgiven',
  family: 'Vanishfamily',
  username: 'vanish.user',
  email: 'vanish@gone.example',
  nationalNumber: '05898012345',
  guardians: ['M1'],
  extension: '<own:note xmlns:own="urn:own">vanish-extension-data</own:note>',
}

const rest = keys('P', 12)

/** What a night sends: the others, and him if he is there; his mother names him in any case. */
export function night(him: PersonSpec | undefined, motherNames?: string): DeliverySpec {
  return {
    persons: [
      ...rest,
      {
        key: 'M1',
        role: 'Guardian',
        ...(motherNames === undefined ? {} : { children: [motherNames] }),
      },
      ...(him === undefined ? [] : [him]),
    ],
    groups: [
      { key: 'G1', title: '7A' },
      { key: 'G2', title: '7B' },
    ],
    lists: [
      { group: 'G1', members: [...rest, ...(him === undefined ? [] : [him.key])] },
      { group: 'G2', members: rest },
    ],
  }
}

/** The delivery with an address and a role with extension data of his. */
export function written(spec: DeliverySpec): string {
  return deliveryText(spec)
    .replace(
      '</email><institutionrole',
      '</email><adr><street>Vanishing Lane 77</street></adr><institutionrole',
    )
    .replaceAll(
      /(FORMER|VANISH)(<\/id><\/sourcedid><idtype>1<\/idtype><role roletype="01"><status>1<\/status>)/g,
      '$1$2<extension><own:x xmlns:own="urn:own">vanish-role-data</own:x></extension>',
    )
}

/** Sends him, moves him, edits him, rekeys him, sets him aside; then he is no longer sent. */
export async function leaveTraces(site: Nights): Promise<void> {
  const full = written(night(HIM, FORMER))
  await site.apply(full)
  await site.accept(
    Buffer.from(
      `\ufeff${written(night({ ...HIM, email: 'edited.vanish@gone.example' }, FORMER))}`,
      'utf16le',
    ),
  )
  await site.accept(gzipSync(full))
  await edit({
    ...byTest(site),
    name: FORMER,
    values: { mobile: '+47 99 88 77 66', email: 'edited.vanish@gone.example' },
    unlock: true,
  })
  const { report } = await edit({
    ...byTest(site),
    name: FORMER,
    values: { phone: '+47 99 88 77 66' },
    unlock: true,
  })
  const undone = {
    ...byTest(site),
    run: report.run - 1,
    reason: 'vanish@gone.example asked for it',
  }
  assert.equal((await undoRun(undone)).report.left.length, 1)
  const { database, siteId } = byTest(site)
  const told = { old: FORMER, new: KEY }
  const actor = { kind: 'commandLine', name: 'root' } as const
  const action = {
    database,
    siteId,
    actor,
    action: 'rekey',
    values: { told },
    now: () => new Date(),
  }
  await audited(action, () => rekey({ ...byTest(site), pairs: [told] }))
  const renamed = { ...HIM, key: KEY }
  await site.accept(
    zipOf(['night.xml', written(night(renamed, KEY)).replaceAll('KEY-7731', '&#75;EY-7731')]),
  )
  // Two persons with his username: both are set aside, with the username as what was found.
  const twice = night(renamed, KEY)
  await site.import(
    written({
      ...twice,
      persons: [...(twice.persons ?? []), { key: 'Q1', username: 'vanish.user' }],
    }),
  )
  await site.accept(written(night(undefined)))
  // What another source says of him, and a key that he had there.
  const [him] = await site.query<{ id: number; sent: unknown }>(
    'select person_id as id, sent from persons where site_id = $1 and key = $2',
    [KEY],
  )
  const values = [him?.id, FORMER, JSON.stringify(him?.sent)]
  await site.query(
    `insert into claims (site_id, source_id, kind, key, id, sent, fingerprint, from_run)
     select $1, 1, 'person', $3, $2, $4::jsonb, $4, 1`,
    values,
  )
  await site.query(
    `insert into aliases (site_id, kind, key, id, from_run) values ($1, 'person', $3, $2, 1)`,
    values.slice(0, 2),
  )
  // A plan that waits would bring him back.
  const few = night(renamed, KEY)
  await site.hold(written({ ...few, persons: few.persons?.slice(-2) ?? [], lists: [] }))
}

export function purging(
  site: Nights,
  who: PurgeRequest['who'],
  more: Partial<PurgeRequest> = {},
): Promise<PurgeResult> {
  return purge({
    ...byTest(site),
    now: () => new Date(Date.UTC(2027, 0, 1)),
    deliveriesFolder: site.kept(''),
    limits: DEFAULT_READ_LIMITS,
    who,
    atOnce: false,
    ...more,
  })
}

/** Columns in which `leaveTraces` leaves values of his. */
export const PERSONAL = [
  'aliases.key',
  'audit_values.content',
  'changes.after',
  'changes.before',
  'changes.key',
  'claims.fingerprint',
  'claims.key',
  'claims.sent',
  'earlier_rows.found',
  'memberships.detail',
  'persons.edited',
  'persons.key',
  'persons.own',
  'persons.sent',
  'persons.username',
  'persons.username_key',
  'plan_blocks.bytes',
  'problems.found',
  'problems.key',
  'runs.decision',
  'runs.report',
]

/** Every form in which a value may be stored: as it is, in JSON, in COPY format with JSON inside. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const xml = value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  return [...new Set([value, json, json.replaceAll('\\', '\\\\'), xml, value.toLowerCase()])]
}

/**
 * Where values stand in a database: in any column of any table, read as a superuser, statistics of the planner and hashes
 * of keys included. Goes by what tables there are, so that none is left out.
 */
export async function placesInDatabase(
  config: ClientConfig,
): Promise<{ readonly column: string; readonly value: string }[]> {
  const client = new Client(config)
  await client.connect()
  const found: { readonly column: string; readonly value: string }[] = []
  try {
    const { rows } = await client.query<{
      name: string
      columns: { name: string; type: string }[]
    }>(
      `select format('%I.%I', n.nspname, c.relname) as name,
         json_agg(json_build_object('name', quote_ident(a.attname), 'type', a.atttypid::regtype::text)) as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
       where (n.nspname = 'public' and c.relkind in ('r', 'p', 'm') or c.relname in ('pg_statistic', 'pg_statistic_ext_data'))
         and a.attnum > 0 and not a.attisdropped group by 1 order by 1`,
    )
    assert.ok(rows.length > 15)
    const hashes = await openHashes()
    const forms = VALUES.flatMap((value) => formsOf(value).map((form) => ({ value, form })))
    const texts = forms.map(({ form }) => form)
    const bytes = [
      ...texts.map((form) => Buffer.from(form)),
      ...VALUES.flatMap((value) => hashBytes(hashes.text(value))),
    ]
    for (const { name, columns } of rows) {
      for (const column of columns) {
        const isBytes = column.type === 'bytea'
        const hit = isBytes ? `position(v in ${column.name})` : `strpos(${column.name}::text, v)`
        const { rows: hits } = await client.query<{ at: string }>(
          `select n as at from unnest($1::${isBytes ? 'bytea' : 'text'}[]) with ordinality as w(v, n)
           where exists (select from ${name} where ${hit} > 0)`,
          [isBytes ? bytes : texts],
        )
        for (const { at } of hits) {
          found.push({
            column: `${name}.${column.name}`.replace('public.', ''),
            value: forms[Number(at) - 1]?.value ?? 'a hash',
          })
        }
      }
    }
  } finally {
    await client.end()
  }
  return found
}

/** The halves of a fingerprint as a mirror has them. */
function hashBytes({ high, low }: { readonly high: bigint; readonly low: bigint }): Buffer[] {
  return [high, low].map((half) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(half)
    return bytes
  })
}

/** Values that stand in a file's bytes, in any form, in UTF-8, Latin-1 or UTF-16. */
export function valuesIn(bytes: Buffer): string[] {
  return VALUES.filter((value) =>
    formsOf(value).some((form) =>
      (['utf8', 'latin1', 'utf16le'] as const).some((encoding) =>
        bytes.includes(Buffer.from(form, encoding)),
      ),
    ),
  )
}
