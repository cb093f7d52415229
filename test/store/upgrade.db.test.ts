/** Installations of earlier versions, with data in them, go on with this one: nothing is lost, and everything works. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { beginRestore, endRestore, rebuild } from '../../src/store/rebuild.ts'
import { contentOf, environmentOf, EXAMPLES, ownerOf } from '../backup/installation.ts'
import { quietly } from '../command/quietly.ts'
import { connected, createDatabase, roles, type TestDatabase } from '../database.ts'
import { dumpSchema } from '../schema.ts'
import { type Level, LEVELS, loadLevel, readLevel, rowsOf } from './levels.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-upgrade-'))
after(() => fs.rmSync(folder, { recursive: true }))

test('there is an installation from before the service, and one from its midst', () => {
  assert.deepEqual(LEVELS, [8, 12])
})

for (const version of LEVELS) {
  describe(`from the tables of level ${version}`, () => {
    const home = path.join(folder, `home-${version}`)
    const known = readMigrations()
    const then = known.filter((migration) => migration.version <= version)
    const level: Level = readLevel(version)
    let made: TestDatabase
    let rows: Record<string, string[]>
    let content: Record<string, string[]>

    before(async () => {
      made = await createDatabase({ migrated: false })
      await migrate(made.owner, { appRole: roles.app, migrations: then })
      await connected(made.superuser, (client) =>
        loadLevel(client, level, path.join(home, 'deliveries')),
      )
      rows = await connected(made.superuser, (client) => rowsOf(client, level))
      assert.ok((rows['memberships']?.length ?? 0) > 300 && (rows['plan_blocks']?.length ?? 0) > 0)
      const names = await migrate(made.owner, { appRole: roles.app })
      assert.equal(names.length, known.length - version)
      content = await contentOf(made)
      Object.assign(process.env, environmentOf(made, home))
    })
    after(() => made.close())

    const run = async (words: string, code = 0): Promise<string> => {
      const result = await quietly(words.split(' '))
      assert.equal(result.code, code, `${words}: ${result.said}`)
      return result.out
    }

    test('every row is there with all that it had, and the tables are those of a new installation', async () => {
      assert.deepEqual(await connected(made.superuser, (client) => rowsOf(client, level)), rows)
      const schema = fs.readFileSync(path.join(import.meta.dirname, '../../sql/schema.sql'), 'utf8')
      assert.equal(await connected(made.owner, dumpSchema), schema)
    })

    test('an upgrade makes no arrivals, and no events of what happened then', () => {
      assert.deepEqual(content['arrivals'], [])
      assert.equal(content['events']?.length, rows['events']?.length ?? 0)
    })

    test('a backup of then is restored with this version, and is the same', async () => {
      const target = await createDatabase({ migrated: false })
      const dump = {
        id: 'a backup of then',
        migrations: then,
        tables: level.tables.map((table) => ({
          ...table,
          rows: table.rows.split('\n').length - 1,
        })),
        sequences: level.sequences,
        read: (name: string) =>
          Readable.from([level.tables.find((table) => table.name === name)?.rows ?? '']),
      }
      await beginRestore(ownerOf(target), dump, () => {})
      await rebuild(ownerOf(target), dump)
      await endRestore(ownerOf(target))
      assert.deepEqual(await contentOf(target), content)
      await target.close()
    })

    test('reports, lists and the history of then are shown', async () => {
      assert.match(await run('runs'), /5 .* held[\s\S]*2 .* applied[\s\S]*Runs: 4/)
      assert.match(await run('run 2'), /NAME_MISSING/)
      assert.match(await run('run 5'), /removed/)
      assert.match(await run('roster persons'), /Somebody Else/)
      assert.match(await run('explain p-000004'), /Somebody Else/)
      assert.match(await run('sites list'), /second/)
    })

    test('the plan that was held then is released, and what was applied then is undone', async () => {
      await run('release 5 --consulted registrar')
      assert.match(await run('runs'), /5 .* released/)
      const before = await run('roster bin')
      await run('undo 5')
      assert.notEqual(await run('roster bin'), before)
      await run('undo 2')
    })

    test('the same delivery again changes nothing, the next one is compared with what was sent then, and a backup is whole', async () => {
      const night = (n: number): string => path.join(EXAMPLES, `night-${n}.xml`)
      const same = await run(`import ${night(1)} --site second`)
      assert.match(same, /unchanged|nothing|same/i)
      const next = await quietly(['import', night(2), '--site', 'second', '--json'])
      const report = JSON.parse(next.out) as { outcome: string }
      assert.equal(report.outcome, 'applied', next.said)
      assert.match(await run('audit verify'), /The chain holds/)
      const backup = path.join(folder, `backup-${version}`)
      await run(`backup ${backup}`)
      assert.match(await run(`backup --check ${backup}`), /It is whole/)
    })
  })
}
