import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accountNamed, createAccount } from '../../src/access/accounts.ts'
import { rejectPlan, releaseOrApprove } from '../../src/import/decide.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { insertEvent } from '../../src/store/events.ts'
import { createSource, setSite, sourceNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { type MailSite, mailSite } from './post.ts'

const { database } = await testDatabase()
const keys = (n: number): string[] => Array.from({ length: n }, (_, index) => `P${index + 1}`)
const delivery = (persons: number, more: object = {}): string =>
  deliveryText({ persons: keys(persons), groups: ['G1'], ...more })
const NIGHT = delivery(40)

async function reject({ site }: MailSite, run: number): Promise<void> {
  await rejectPlan({
    database,
    siteId: site.siteId,
    run,
    sender: 'Anna Andersson',
    reason: 'Anna Andersson said no',
    now: () => new Date('2026-09-01T05:00:00Z'),
  })
}

describe('what a recipient is told of', () => {
  test('every attempt, failed and held ones only, or neither', async () => {
    const mail = await mailSite(database, { limits: 'normal' })
    await mail.recipient('every@kommun.example')
    await mail.recipient('failed@kommun.example', { what: 'failed' })
    await mail.recipient('weekly@kommun.example', { what: 'weekly' })
    const steps: [string, () => Promise<unknown>, string[]][] = [
      ['applied', () => mail.site.send(NIGHT), ['every@kommun.example finished applied']],
      ['unchanged', () => mail.site.send(NIGHT), ['every@kommun.example finished same']],
      [
        'held',
        () => mail.site.send(delivery(20)),
        ['every@kommun.example finished held', 'failed@kommun.example finished held'],
      ],
      [
        'refused',
        () => mail.site.send(NIGHT.slice(0, -20)),
        ['every@kommun.example finished refused', 'failed@kommun.example finished refused'],
      ],
    ]
    for (const [what, happens, told] of steps) {
      await happens()
      await mail.tell()
      assert.deepEqual(await mail.newMails(), told, what)
    }
  })

  test('an address that is a recipient twice is told once', async () => {
    const mail = await mailSite(database)
    await mail.recipient('it@kommun.example')
    await mail.recipient('IT@kommun.example', { sourceId: mail.site.sourceId })
    await mail.site.send(NIGHT)
    await mail.tell()
    assert.equal((await mail.mails()).length, 1)
  })

  test('one source only, where he is one of that source', async () => {
    const mail = await mailSite(database)
    const { siteId } = mail.site
    await createSource(database, siteId, 'adults')
    const other = await sourceNamed(database, siteId, 'adults')
    await mail.recipient('adults@kommun.example', { sourceId: other.id })
    await mail.recipient('all@kommun.example')
    await mail.site.send(NIGHT)
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['all@kommun.example finished applied'])
  })

  test('in his own language, with the same English words in the subject', async () => {
    const mail = await mailSite(database)
    await mail.recipient('sv@kommun.example', { language: 'sv' })
    await mail.recipient('fi@kommun.example', { language: 'fi' })
    await mail.site.send(NIGHT)
    await mail.tell()
    const [sv, fi] = await mail.mails()
    assert.equal(sv?.subject, fi?.subject)
    assert.match(sv?.subject ?? '', /^Import finished with status Completed - /)
    assert.match(sv?.text ?? '', /Leveransen har importerats/)
    assert.match(fi?.text ?? '', /Toimitus on tuotu/)
  })

  test('nothing that happened before he was one', async () => {
    const mail = await mailSite(database)
    await mail.site.send(NIGHT)
    await mail.tell()
    await mail.site.send(NIGHT)
    mail.at.now = new Date(Date.now() + 60_000).toISOString()
    await mail.recipient('late@kommun.example')
    await mail.tell()
    assert.deepEqual(await mail.mails(), [])
  })
})

describe('the start of an import', () => {
  const started = async (mail: MailSite, seconds: number): Promise<void> => {
    const at = new Date(Date.parse(mail.at.now) - seconds * 1000).toISOString()
    await database.site(mail.site.siteId, (session) =>
      session.execute(
        `insert into runs (site_id, source_id, state, started_at) values ($1, $2, 'running', $3)`,
        [mail.site.siteId, mail.site.sourceId, at],
      ),
    )
  }

  test('is told once it has taken a minute', async () => {
    const mail = await mailSite(database)
    await mail.recipient('long@kommun.example', { started: 'long' })
    await mail.recipient('never@kommun.example', { started: 'never' })
    await started(mail, 10)
    await mail.tell()
    assert.deepEqual(await mail.newMails(), [])
    mail.at.now = '2026-09-01T03:02:00.000Z'
    await mail.tell()
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['long@kommun.example started'])
    assert.match((await mail.mails())[0]?.subject ?? '', /^Import started - /)
  })

  test('of one that ended sooner is told to those only who want to know of each', async () => {
    const mail = await mailSite(database)
    await mail.recipient('long@kommun.example', { started: 'long' })
    await mail.recipient('always@kommun.example', { started: 'always' })
    await mail.site.send(NIGHT)
    await mail.tell()
    assert.deepEqual(await mail.newMails(), [
      'always@kommun.example finished applied',
      'always@kommun.example started',
      'long@kommun.example finished applied',
    ])
  })
})

describe('what people decide and do', () => {
  test('a release is told with what it applied, without a word on who did it', async () => {
    const mail = await mailSite(database, { limits: 'normal' })
    await mail.recipient('it@kommun.example')
    await mail.site.send(NIGHT)
    const { run } = await mail.site.send(delivery(20))
    await mail.tell()
    await mail.newMails()
    await mail.site.release(run, true)
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['it@kommun.example finished released'])
    const told = (await mail.mails()).at(-1)
    assert.match(told?.subject ?? '', /status Completed/)
    assert.match(told?.text ?? '', /released without removals/)
    assert.match(told?.text ?? '', /Waiting, not applied\r\n=+\r\nPersons: to remove: 20/)
    assert.doesNotMatch(told?.text ?? '', /head of school/)
  })

  test('a rejection is told as failed, without its reason', async () => {
    const mail = await mailSite(database, { limits: 'normal' })
    await mail.recipient('it@kommun.example')
    await mail.site.send(NIGHT)
    const { run } = await mail.site.send(delivery(20))
    await mail.tell()
    await reject(mail, run)
    await mail.tell()
    const told = (await mail.mails()).at(-1)
    assert.match(told?.subject ?? '', /status Failed/)
    assert.match(told?.text ?? '', /The held plan was rejected/)
    for (const part of [told?.text, told?.html]) assert.doesNotMatch(part ?? '', /Anna/)
  })

  test('an undo is told with its result', async () => {
    const mail = await mailSite(database)
    await mail.recipient('it@kommun.example')
    const { run } = await mail.site.send(NIGHT)
    await mail.tell()
    await mail.newMails()
    const { siteId } = mail.site
    const now = (): Date => new Date('2026-09-01T05:00:00Z')
    await undoRun({ database, siteId, run, sender: 'test', now, dryRun: false })
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['it@kommun.example hand'])
    const told = (await mail.mails()).at(-1)?.text ?? ''
    assert.match(told, new RegExp(`Run ${run} was undone`))
    assert.match(told, /Persons: removed 40/)
  })

  test('a hold that was decided before anybody was told of it is told by its decision', async () => {
    const mail = await mailSite(database, { limits: 'normal' })
    await mail.recipient('it@kommun.example')
    await mail.site.send(NIGHT)
    await mail.tell()
    await mail.newMails()
    const { run } = await mail.site.send(delivery(20))
    await mail.site.release(run)
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['it@kommun.example finished released'])
  })
})

test('a delivery that does not come is told once, and again when it comes', async () => {
  const mail = await mailSite(database)
  await mail.recipient('it@kommun.example', { what: 'failed' })
  const { siteId, sourceId } = mail.site
  const details = {
    expectedAt: '2026-09-01T00:30:00.000Z',
    graceMinutes: 90,
    lastAt: '2026-08-31T00:12:00.000Z',
  }
  for (const kind of ['delivery_missing', 'delivery_came']) {
    await database.site(siteId, (session) =>
      insertEvent(session, siteId, { at: '2026-09-01T03:30:00Z', kind, sourceId, details }),
    )
    await mail.tell()
    await mail.tell()
  }
  assert.deepEqual(await mail.newMails(), ['it@kommun.example came', 'it@kommun.example missing'])
  const [missing] = await mail.mails()
  assert.match(missing?.subject ?? '', /^Missing delivery - /)
  assert.match(missing?.text ?? '', /Expected: 1 Sept 2026, 02:30/)
  assert.match(missing?.text ?? '', /Waited until: 1 Sept 2026, 04:00/)
  assert.match(missing?.text ?? '', /Last delivery: 31 Aug 2026, 02:12/)
})

test('a refusal is told with its line and column while the delivery is kept', async () => {
  const mail = await mailSite(database)
  await mail.recipient('it@kommun.example')
  await mail.site.send(NIGHT.replace('</person>', '</persoon>'))
  await mail.tell()
  const told = (await mail.mails()).at(-1)?.text ?? ''
  assert.match(told, /Where: line \d+, column \d+/)
  assert.match(told, /Code: NOT_WELL_FORMED/)
  assert.doesNotMatch(told, /persoon/)
})

describe('holds in a row', () => {
  const morning = (day: number, hour = 7): string =>
    `2026-09-0${day}T${String(hour).padStart(2, '0')}:00:00.000Z`

  async function held(): Promise<MailSite & { run: number }> {
    const mail = await mailSite(database, { limits: 'normal' })
    await mail.recipient('it@kommun.example')
    await mail.recipient('deputy@kommun.example', { deputy: true })
    await mail.site.send(NIGHT)
    await mail.tell()
    await mail.newMails()
    const { run } = await mail.site.send(delivery(20))
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['it@kommun.example finished held'])
    return { ...mail, run }
  }

  test('are one thread, say what is new, and reach deputies from the third mail on', async () => {
    const mail = await held()
    await mail.site.send(delivery(19))
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['it@kommun.example finished held'])
    assert.match((await mail.mails()).at(-1)?.text ?? '', /now 21, before 20/)
    await mail.site.send(delivery(18))
    await mail.tell()
    assert.deepEqual(await mail.newMails(), [
      'deputy@kommun.example finished held',
      'it@kommun.example finished held',
    ])
    const mails = (await mail.mails()).filter(({ outcome }) => outcome === 'held')
    const threads = new Set(
      mails.flatMap(({ address, threadId }) => (address.startsWith('it') ? [threadId] : [])),
    )
    assert.equal(threads.size, 1)
    assert.match([...threads][0] ?? '', /^<rollcall\.\d+\.episode\d+\.\d+@kommun\.example>$/)
    assert.match(mails.at(-1)?.text ?? '', /Stopped in a row: 3/)
  })

  test('are reminded of each working day from eight o’clock at the source, once', async () => {
    const mail = await held()
    // Tuesday: that day has had its mail. Wednesday 07:30 is too early.
    mail.at.now = morning(1, 12)
    assert.equal(await mail.byClock(), 0)
    mail.at.now = '2026-09-02T05:30:00.000Z'
    assert.equal(await mail.byClock(), 0)
    mail.at.now = '2026-09-02T06:00:00.000Z'
    assert.equal(await mail.byClock(), 1)
    assert.equal(await mail.byClock(), 0)
    assert.deepEqual(await mail.newMails(), ['it@kommun.example reminder'])
    const told = (await mail.mails()).at(-1)
    assert.match(told?.subject ?? '', /^Import waits for a decision - /)
    assert.match(told?.text ?? '', /waited for a decision for 1 day\./)
    assert.match(told?.text ?? '', new RegExp(`rollcall release ${mail.run} `))
    // Thursday is the third mail; Saturday and Sunday have none.
    for (const [day, expected] of [
      [3, 2],
      [4, 2],
      [5, 0],
      [6, 0],
      [7, 2],
    ] as const) {
      mail.at.now = morning(day)
      assert.equal(await mail.byClock(), expected, `${day}`)
    }
    assert.match((await mail.mails()).at(-1)?.text ?? '', /for 6 days/)
  })

  test('that take two persons say so, with the account to be named, and that one has approved, but not who', async () => {
    const mail = await held()
    const { siteId } = mail.site
    await setSite(database, siteId, { twoPersonRelease: true })
    await createAccount(database, { name: 'anna.berg', password: undefined }, new Date(mail.at.now))
    const { id, name } = await accountNamed(database, 'anna.berg')
    const now = (): Date => new Date('2026-09-01T12:00:00.000Z')
    await releaseOrApprove({
      database,
      siteId,
      run: mail.run,
      withoutRemovals: true,
      consulted: 'registrar',
      sender: name,
      account: { id, name },
      now,
    })
    mail.at.now = '2026-09-02T09:00:00.000Z'
    assert.equal(await mail.byClock(), 1)
    const text = (await mail.mails()).at(-1)?.text ?? ''
    assert.match(text, /This takes two persons/)
    assert.match(text, /Approved by one account: 1 Sept 2026, 14:00/)
    const as = `release ${mail.run} --without-removals --consulted ROLE --as ACCOUNT`
    assert.ok(text.includes(as), text)
    assert.ok(!text.includes('anna'))
  })

  test('are not reminded of on a holiday of the site, but on the working day after', async () => {
    const mail = await held()
    await setSite(database, mail.site.siteId, { holidays: ['2026-09-02'] })
    mail.at.now = '2026-09-02T09:00:00.000Z'
    assert.equal(await mail.byClock(), 0)
    mail.at.now = '2026-09-03T09:00:00.000Z'
    assert.equal(await mail.byClock(), 1)
    assert.deepEqual(await mail.newMails(), ['it@kommun.example reminder'])
  })

  test('end with the decision: nobody is reminded of what was decided', async () => {
    const mail = await held()
    await mail.site.release(mail.run)
    await mail.tell()
    mail.at.now = morning(3)
    assert.equal(await mail.byClock(), 0)
  })
})

describe('a source of small deliveries', () => {
  const delta = (n: number): string => deliveryText({ persons: [`D${n}`], type: 'delta' })

  test('has one summary for 24 hours; what waits for a person is told at once', async () => {
    const mail = await mailSite(database, { limits: 'normal' })
    await mail.recipient('it@kommun.example')
    await mail.site.send(NIGHT)
    await mail.tell()
    await mail.newMails()
    for (let n = 1; n <= 3; n++) {
      const { delivery: of, outcome } = await mail.site.send(delta(n))
      assert.deepEqual([of.type, outcome], ['delta', 'applied'])
      await mail.tell()
    }
    await mail.site.send(delta(4).slice(0, -15))
    await mail.tell()
    await mail.site.send(delta(5).slice(0, -15))
    await mail.tell()
    // The first that failed is told, the second in the summary.
    assert.deepEqual(await mail.newMails(), ['it@kommun.example finished refused'])
    assert.equal(await mail.byClock(), 0)
    mail.at.now = '2026-09-02T03:00:01.000Z'
    assert.equal(await mail.byClock(), 1)
    assert.equal(await mail.byClock(), 0)
    assert.deepEqual(await mail.newMails(), ['it@kommun.example daily'])
    const { subject, text } = (await mail.mails()).at(-1) ?? { subject: '', text: '' }
    assert.match(subject, /^Import finished with status Failed - /)
    assert.match(text, /completed: [34]/)
    assert.match(text, /refused: 2/)
    assert.match(text, /Persons: 40 → 43/)
  })
})

test('a weekly summary comes on Monday morning, to those who want it', async () => {
  const mail = await mailSite(database)
  await mail.recipient('weekly@kommun.example', { what: 'weekly' })
  await mail.recipient('every@kommun.example')
  await mail.site.send(NIGHT)
  await mail.tell()
  await mail.newMails()
  assert.equal(await mail.byClock(), 0)
  mail.at.now = '2026-09-06T10:00:00.000Z'
  assert.equal(await mail.byClock(), 0)
  mail.at.now = '2026-09-07T07:00:00.000Z'
  assert.equal(await mail.byClock(), 1)
  assert.equal(await mail.byClock(), 0)
  assert.deepEqual(await mail.newMails(), ['weekly@kommun.example weekly'])
  assert.match((await mail.mails()).at(-1)?.text ?? '', /1 delivery has come this week/)
})

test('once a year all recipients are asked whether they are still the right ones', async () => {
  const mail = await mailSite(database)
  await mail.recipient('a@kommun.example', { what: 'failed' })
  await mail.recipient('b@kommun.example', { what: 'weekly', language: 'de' })
  assert.equal(await mail.byClock(), 0)
  mail.at.now = '2027-08-31T03:00:00.000Z'
  await mail.byClock()
  assert.ok(!(await mail.newMails()).some((each) => each.endsWith('review')))
  mail.at.now = '2027-09-01T03:00:00.000Z'
  await mail.byClock()
  assert.deepEqual(
    (await mail.newMails()).filter((each) => each.endsWith('review')),
    ['a@kommun.example review', 'b@kommun.example review'],
  )
  await mail.byClock()
  assert.deepEqual(await mail.newMails(), [])
})
