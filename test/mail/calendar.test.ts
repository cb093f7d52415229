import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { daysBetween, isWorkingDay, localTime, morningAfter } from '../../src/mail/calendar.ts'

const ZONE = 'Europe/Stockholm'
const next = (at: string, isDay = isWorkingDay): string =>
  morningAfter(ZONE, new Date(at), isDay).toISOString()

describe('mornings at the source', () => {
  test('of working days leave out Saturday and Sunday', () => {
    // A Thursday at two in the morning, a Friday at noon, a Saturday.
    assert.equal(next('2026-09-03T00:00:00Z'), '2026-09-04T06:00:00.000Z')
    assert.equal(next('2026-09-04T10:00:00Z'), '2026-09-07T06:00:00.000Z')
    assert.equal(next('2026-09-05T10:00:00Z'), '2026-09-07T06:00:00.000Z')
  })

  test('are eight o’clock there, in summer and in winter', () => {
    assert.equal(next('2027-03-26T10:00:00Z'), '2027-03-29T06:00:00.000Z')
    assert.equal(next('2026-10-23T10:00:00Z'), '2026-10-26T07:00:00.000Z')
    assert.equal(next('2026-12-31T22:30:00Z'), '2027-01-01T07:00:00.000Z')
    // By then it is New Year's Day there.
    assert.equal(next('2026-12-31T23:30:00Z'), '2027-01-04T07:00:00.000Z')
  })

  test('of Monday are those of the next one, on a Monday too', () => {
    const isMonday = (weekday: number): boolean => weekday === 1
    assert.equal(next('2026-09-07T01:00:00Z', isMonday), '2026-09-14T06:00:00.000Z')
    assert.equal(next('2026-09-06T12:00:00Z', isMonday), '2026-09-07T06:00:00.000Z')
  })
})

test('a day, an hour and a weekday are those of the time zone', () => {
  const at = new Date('2026-09-06T22:30:00Z')
  assert.deepEqual(localTime(ZONE, at), { day: '2026-09-07', hour: 0, weekday: 1 })
  assert.deepEqual(localTime('UTC', at), { day: '2026-09-06', hour: 22, weekday: 7 })
  assert.equal(daysBetween('2026-10-24', '2026-10-26'), 2)
})
