import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { checkSharedFolder } from '../../src/schedule/shared-folder.ts'
import { FOLDER_MARK } from '../../src/store/installation.ts'
import { testDatabase } from '../database.ts'

const { database } = await testDatabase()
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-shared-'))
after(() => fs.rmSync(folder, { recursive: true }))
const at = (name: string): string => path.join(folder, name)

test('the first process marks the folder of deliveries, and all others have to find the mark', async () => {
  // Services start together.
  const together = Array.from({ length: 5 }, () => checkSharedFolder(database, at('deliveries')))
  await Promise.all(together)
  await checkSharedFolder(database, at('deliveries'))
  await assert.rejects(checkSharedFolder(database, at('another')), {
    code: 'ERR_FOLDER_NOT_SHARED',
    message: /another/,
    hint: new RegExp(fs.readFileSync(path.join(at('deliveries'), FOLDER_MARK), 'utf8').trim()),
  })
  // Of another installation.
  fs.mkdirSync(at('foreign'))
  fs.writeFileSync(path.join(at('foreign'), FOLDER_MARK), '00000000-0000-4000-8000-000000000000\n')
  await assert.rejects(checkSharedFolder(database, at('foreign')), {
    code: 'ERR_FOLDER_NOT_SHARED',
  })
  assert.equal(fs.existsSync(at('another')), false)
})

test('a folder that was moved with its mark is the same folder', async () => {
  fs.renameSync(at('deliveries'), at('moved'))
  await checkSharedFolder(database, at('moved'))
})
