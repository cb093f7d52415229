import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isTimeOfDay, nextTime, previousTime } from '../../src/schedule/clock-times.ts'
import { isDue } from '../../src/schedule/due.ts'
import { isTime } from '../../src/schedule/fetching.ts'
import type { Head } from '../../src/store/arrivals.ts'
import type { ScheduledCollector } from '../../src/store/collectors.ts'

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
const STOCKHOLM = 'timeZone: Europe/Stockholm'
const head = (more: Partial<Head>): Head => ({
  siteId: 1,
  sourceId: 1,
  arrivalId: 1,
  arrivedAt: '2026-11-01T12:00:00Z',
  retryAt: null,
  schedule: null,
  rules: STOCKHOLM,
  behind: 0,
  ...more,
})

describe('when an arrival is due', () => {
  const table: readonly (readonly [string, Partial<Head>, string, boolean])[] = [
    ['on arrival: at once', {}, '2026-11-01T12:00:00Z', true],
    ['by hand: never by itself', { schedule: 'by hand' }, '2030-01-01T00:00:00Z', false],
    ['at 02:30: not before', { schedule: ['02:30'] }, '2026-11-02T01:29:59Z', false],
    ['at 02:30: from then on', { schedule: ['02:30'] }, '2026-11-02T01:30:00Z', true],
    [
      'the service was down at the time: afterwards',
      { schedule: ['02:30'] },
      '2026-11-09T07:00:00Z',
      true,
    ],
    ['of several times the next', { schedule: ['02:30', '14:00'] }, '2026-11-01T13:00:00Z', true],
    [
      'of several times, in any order',
      { schedule: ['14:00', '02:30'] },
      '2026-11-01T12:59:00Z',
      false,
    ],
    [
      'what came a minute late: the next day',
      { schedule: ['02:30'], arrivedAt: '2026-11-02T01:31:00Z' },
      '2026-11-02T23:00:00Z',
      false,
    ],
    [
      'the clock was put back to before it came: it waits',
      { schedule: ['02:30'] },
      '2026-10-01T00:00:00Z',
      false,
    ],
    [
      'an attempt broke off: not before the next one',
      { retryAt: '2026-11-01T12:05:00Z' },
      '2026-11-01T12:04:00Z',
      false,
    ],
    [
      'an attempt broke off: then',
      { retryAt: '2026-11-01T12:05:00Z' },
      '2026-11-01T12:05:00Z',
      true,
    ],
  ]
  for (const [name, of, now, due] of table) {
    test(name, () => assert.equal(isDue(head(of), new Date(now)), due))
  }

  test('02:30 on the day that has none comes at 03:00, once', () => {
    const of = { schedule: ['02:30'], arrivedAt: '2027-03-27T20:00:00Z' }
    assert.equal(isDue(head(of), new Date('2027-03-28T00:59:59Z')), false)
    assert.equal(isDue(head(of), new Date('2027-03-28T01:00:00Z')), true)
    // What comes right after it waits for the next day.
    const later = { ...of, arrivedAt: '2027-03-28T01:10:00Z' }
    assert.equal(isDue(head(later), new Date('2027-03-28T22:00:00Z')), false)
    assert.equal(isDue(head(later), new Date('2027-03-29T00:30:00Z')), true)
  })

  test('02:30 on the day that has it twice comes the first time', () => {
    const of = { schedule: ['02:30'], arrivedAt: '2026-10-24T20:00:00Z' }
    assert.equal(isDue(head(of), new Date('2026-10-25T00:29:59Z')), false)
    assert.equal(isDue(head(of), new Date('2026-10-25T00:30:00Z')), true)
    const between = { ...of, arrivedAt: '2026-10-25T00:40:00Z' }
    assert.equal(isDue(head(between), new Date('2026-10-25T01:30:00Z')), false)
    assert.equal(isDue(head(between), new Date('2026-10-26T01:30:00Z')), true)
  })

  test('rules that cannot be read any more do not keep a delivery for ever', () => {
    const of = head({ schedule: ['02:30'], rules: 'timeZone: [' })
    assert.equal(isDue(of, new Date('2026-11-03T12:00:00Z')), true)
  })
})

describe('times of day', () => {
  test('every minute of a year comes once a day in zones that change their clocks', () => {
    for (const zone of ['Europe/Stockholm', 'Atlantic/Azores']) {
      for (const time of ['00:00', '00:30', '02:30', '23:59']) {
        let at = new Date('2026-12-31T00:00:00Z')
        const moments: number[] = []
        for (let n = 0; n < 366; n++) {
          at = nextTime([time], zone, at) ?? assert.fail('no next time')
          moments.push(at.getTime())
        }
        const hours = moments.slice(1).map((each, n) => (each - (moments[n] ?? 0)) / 3_600_000)
        assert.ok(
          hours.every((each) => each >= 22.5 && each <= 25.5),
          `${zone} ${time}`,
        )
        const back: number[] = []
        for (at = new Date(at.getTime() + 1); back.length < 366; back.push(at.getTime())) {
          at = previousTime(time, EVERY_DAY, zone, at) ?? assert.fail('no time before')
        }
        assert.deepEqual(back.toReversed(), moments)
      }
    }
  })

  test('only some weekdays', () => {
    const days: string[] = []
    for (let at = new Date('2026-11-09T12:00:00Z'); days.length < 4;) {
      at = previousTime('07:00', [1, 5, 7], 'Europe/Oslo', at) ?? assert.fail('no time before')
      days.push(at.toISOString().slice(0, 10))
    }
    assert.deepEqual(days, ['2026-11-09', '2026-11-08', '2026-11-06', '2026-11-02'])
  })

  test('what is one', () => {
    for (const text of ['00:00', '02:30', '23:59']) assert.equal(isTimeOfDay(text), true, text)
    for (const text of ['2:30', '24:00', '12:60', '02:30 ', '02.30', '']) {
      assert.equal(isTimeOfDay(text), false, text)
    }
  })
})

describe('when a collector’s time has come', () => {
  const since = '2026-11-01T12:00:00Z'
  const collector = (schedule: ScheduledCollector['schedule']): ScheduledCollector => ({
    siteId: 1,
    sourceId: 1,
    schedule,
    rules: STOCKHOLM,
    since,
  })
  const table: readonly (readonly [string, ScheduledCollector['schedule'], string, boolean])[] = [
    ['every 30 minutes: not before', { everyMinutes: 30 }, '2026-11-01T12:29:59Z', false],
    ['every 30 minutes: then', { everyMinutes: 30 }, '2026-11-01T12:30:00Z', true],
    ['at 02:30: not before', { at: ['02:30'] }, '2026-11-02T01:29:59Z', false],
    ['at 02:30: then', { at: ['02:30'] }, '2026-11-02T01:30:00Z', true],
    ['missed while nothing ran: once', { at: ['02:30'] }, '2026-11-09T12:00:00Z', true],
    ['the clock was put back: it waits', { everyMinutes: 30 }, '2026-11-01T11:00:00Z', false],
    ['by hand', {}, '2030-01-01T00:00:00Z', false],
  ]
  for (const [name, schedule, now, due] of table) {
    test(name, () => assert.equal(isTime(collector(schedule), new Date(now)), due))
  }
})
