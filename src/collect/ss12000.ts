import { writeEnterprise } from '../ims/write.ts'
import type { Fetcher, Job } from './contract.ts'
import { failure } from './failure.ts'
import { sayWhere } from './http.ts'
import { type Interface, signedIn } from './ss12000-client.ts'
import { recordsOf } from './ss12000-records.ts'
import { type Read, SCHEMAS_OF_THINGS, type Thing } from './ss12000-things.ts'

const FILE_NAME = 'ss12000.xml'
/** Characters that are written at a time. */
const WRITTEN_AT_ONCE = 64 * 1024

/** Reads an SS12000:2020 interface whole, and makes a delivery in IMS Enterprise of it, for the rules preset ss12000. */
export const ss12000Fetcher: Fetcher<'ss12000'> = {
  async test(job) {
    await sayWhere(job)
    const api = await signedIn(job)
    for (const thing of thingsOf(job)) {
      const found = await api.first(thing)
      job.say('files', `${thing}: ${found === 0 ? 'none that we may see' : 'can be read'}`)
    }
  },
  async *fetch(job) {
    const begun = job.now()
    const api = await signedIn(job)
    const read = await readAll(api, job)
    const deleted = job.settings.deletedEntities ? await api.deletedAfter(begun) : new Set<string>()
    const { settings, timeZone } = job
    const { document, leftOut, unknownUnits } = recordsOf(without(read, deleted), {
      ...settings,
      today: new Intl.DateTimeFormat('sv-SE', { timeZone }).format(begun),
    })
    if (unknownUnits > 0) {
      const what = `${unknownUnits} of the school units that are set are not there`
      throw failure('ERR_FETCH_FAILED', 'files', what, {
        hint: 'Nothing was delivered: their pupils would be gone. Correct the setting schoolUnits.',
      })
    }
    if (leftOut > 0) job.say('files', `${leftOut} persons with protected identity are left out`)
    const file = job.open()
    let text = ''
    for (const piece of writeEnterprise(document)) {
      text += piece
      if (text.length < WRITTEN_AT_ONCE) continue
      file.write(Buffer.from(text))
      text = ''
    }
    file.write(Buffer.from(text))
    file.close()
    yield { name: FILE_NAME, mark: `hash ${file.sha256}`, file }
  },
}

function thingsOf({ settings }: Job<'ss12000'>): Thing[] {
  const not: readonly string[] = settings.without
  return (Object.keys(SCHEMAS_OF_THINGS) as Thing[]).filter((thing) => !not.includes(thing))
}

async function readAll(api: Interface, job: Job<'ss12000'>): Promise<Read> {
  const things = thingsOf(job)
  const has = (thing: Thing): boolean => things.includes(thing)
  return {
    organisations: await api.all('organisations', SCHEMAS_OF_THINGS.organisations),
    persons: await api.all('persons', SCHEMAS_OF_THINGS.persons),
    groups: await api.all('groups', SCHEMAS_OF_THINGS.groups),
    duties: has('duties') ? await api.all('duties', SCHEMAS_OF_THINGS.duties) : [],
    activities: has('activities') ? await api.all('activities', SCHEMAS_OF_THINGS.activities) : [],
  }
}

/** What was deleted while it was read: it may be on an earlier page, and in nothing that came after. */
function without(read: Read, deleted: ReadonlySet<string>): Read {
  const left = <T extends { readonly id: string }>(things: readonly T[]): T[] =>
    things.filter(({ id }) => !deleted.has(id))
  return {
    organisations: left(read.organisations),
    persons: left(read.persons),
    groups: left(read.groups),
    duties: left(read.duties),
    activities: left(read.activities),
  }
}
