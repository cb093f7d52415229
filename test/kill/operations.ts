/** What is killed: each operation, what it starts from, and how it answers when it is run again. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { writeDeliveryFile } from '../../src/demo/delivery.ts'
import { describeNight } from '../../src/demo/night.ts'
import type { DemoOptions } from '../../src/demo/options.ts'
import { DEMO_STYLES } from '../../src/demo/style.ts'
import type { Bed, Beds } from './beds.ts'
import { start } from './process.ts'
import { type Dump } from './site-dump.ts'

export interface Operation {
  readonly name: (typeof OPERATIONS)[number]
  /** The kept bed that it starts from. */
  readonly from: string
  readonly args: readonly string[]
  /** Exit code of an undisturbed run. */
  readonly exit: number
  /** What the same command says when it was done already; imports simply succeed. */
  readonly again?: RegExp
}

/** An operation with what came of it undisturbed. */
export interface Measured extends Operation {
  readonly before: Dump
  readonly after: Dump
  readonly statements: number
  /** Statements that begin and end the transaction that changes the roster, or holds the plan. */
  readonly transaction: readonly [begin: number, commit: number]
  readonly ms: number
}

const NIGHT: DemoOptions = {
  seed: 9,
  dateTime: '2026-09-01T02:00:00',
  rich: true,
  changes: {
    personsChanged: 0.05,
    personsNew: 0.02,
    personsGone: 0.02,
    personsMoved: 0.02,
    groupsChanged: 0.05,
    groupsNew: 0.02,
    groupsGone: 0.02,
    listShare: 1,
  },
}
/** Names of all operations. */
export const OPERATIONS = [
  'first import',
  'import',
  'import, packed',
  'import, held',
  'release',
  'undo',
  'rekey',
  'merge',
] as const
const REKEYED = 60

/** Prepares the deliveries in `folder`, and beds to start from; gives the operations. */
export async function prepare(
  beds: Beds,
  folder: string,
  { persons = 600 }: { readonly persons?: number } = {},
): Promise<Operation[]> {
  const night = { ...NIGHT, persons, members: 8 * persons }
  const file = (name: string): string => path.join(folder, name)
  await write(file('first.xml'), night)
  await write(file('next.xml'), { ...night, dateTime: '2026-09-02T02:00:00', night: 1 })
  await write(file('many-gone.xml'), {
    ...night,
    dateTime: '2026-09-02T01:00:00',
    night: 1,
    changes: { ...(NIGHT.changes as NonNullable<DemoOptions['changes']>), personsGone: 0.12 },
  })
  execFileSync('gzip', ['-k', file('next.xml')])

  const imports = (name: string): string[] => ['import', file(name)]
  const bedAfter = async (name: string, like: string | undefined, of: string[]): Promise<Bed> => {
    const bed = await beds.make(like)
    const { code, err } = await start(of, bed.environment).ended
    if (code !== 0 && code !== 3) throw new Error(`${name} cannot be prepared: ${err}`)
    // As autovacuum leaves a roster that has been there for a minute.
    await bed.look((client) => client.query('vacuum (analyze)'))
    return bed
  }
  await beds.keep(await bedAfter('empty', undefined, ['sites']), 'empty')
  await beds.keep(await bedAfter('first', 'empty', imports('first.xml')), 'first')
  await beds.keep(await bedAfter('held', 'first', imports('many-gone.xml')), 'held')
  const next = await bedAfter('next', 'first', imports('next.xml'))
  const keys = await next.look(async (client) => {
    const { rows } = await client.query<{ key: string; state: string; fresh: boolean }>(
      'select key, state, from_run = (select max(run_id) from runs) as fresh from persons order by person_id',
    )
    return rows
  })
  await beds.keep(next, 'next')
  const active = keys.filter(({ state, fresh }) => state === 'active' && !fresh)
  const pairs = active.slice(0, REKEYED).map(({ key }) => `${key},${key}-new`)
  fs.writeFileSync(file('keys.csv'), `old,new\n${pairs.join('\n')}\n`)
  const gone = keys.find(({ state }) => state === 'binned')?.key ?? ''
  const came = keys.find(({ state, fresh }) => state === 'active' && fresh)?.key ?? ''

  return [
    { name: 'first import', from: 'empty', args: imports('first.xml'), exit: 0 },
    { name: 'import', from: 'first', args: imports('next.xml'), exit: 0 },
    { name: 'import, packed', from: 'first', args: imports('next.xml.gz'), exit: 0 },
    { name: 'import, held', from: 'first', args: imports('many-gone.xml'), exit: 3 },
    {
      name: 'release',
      from: 'held',
      args: ['release', '2', '--consulted', 'school secretary'],
      exit: 0,
      again: /run 2 does not wait: it is released/,
    },
    {
      name: 'undo',
      from: 'next',
      args: ['undo', '2'],
      exit: 0,
      again: /Run 2 is undone already, by run \d+/,
    },
    {
      name: 'rekey',
      from: 'next',
      args: ['rekey', '--pairs', file('keys.csv')],
      exit: 0,
      again: /has the new key already/,
    },
    {
      name: 'merge',
      from: 'next',
      args: ['merge', gone, came],
      exit: 0,
      again: /were merged already/,
    },
  ]
}

/** Runs an operation undisturbed. */
export async function measure(beds: Beds, operation: Operation): Promise<Measured> {
  const bed = await beds.make(operation.from)
  try {
    const before = await bed.dump()
    const { code, err, begun, commits, ms } = await start(operation.args, bed.environment).ended
    if (code !== operation.exit) throw new Error(`${operation.name} ended with ${code}: ${err}`)
    const after = await bed.dump()
    return { ...operation, before, after, statements: begun, transaction: longest(commits), ms }
  } finally {
    await bed.remove()
  }
}

/** The one with the most statements: opening the database and noting the run are short ones. */
function longest(commits: readonly number[]): readonly [number, number] {
  let found: readonly [number, number] = [0, 0]
  commits.forEach((commit, index) => {
    const begin = (commits[index - 1] ?? 0) + 1
    if (commit - begin > found[1] - found[0]) found = [begin, commit]
  })
  return found
}

function write(file: string, options: DemoOptions): Promise<unknown> {
  return writeDeliveryFile(describeNight(options), DEMO_STYLES.plain, file)
}
