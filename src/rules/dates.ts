import { Temporal } from 'temporal-polyfill'

/** A date as written and what follows it. */
interface Written {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly rest: string
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const YEAR_FIRST = /^(\d{4})([-/]?)(\d{2})\2(\d{2})(?!\d)/
const DAY_FIRST = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/
const MONTH_NAMED = /^(\d{1,2})[-/. ]([a-z]{3,9})[-/. ](\d{4})(?!\d)/i
const TIME =
  /^(?:T|#|\s+)(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(AM|PM)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/**
 * A calendar date as `YYYY-MM-DD`; undefined where the text names none or one that the calendar does not have. Also
 * read are 20120911, 11.09.2012 and 11-Sep-2012, and a time that follows is ignored; 11/09/2012 is not, since
 * nothing says which number is the month.
 */
export function parseDate(text: string): string | undefined {
  if (isPlainDate(text)) return text
  const written = readDate(text)
  if (written === undefined || (written.rest !== '' && readTime(written.rest) === undefined))
    return undefined
  const { year, month, day } = written
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/**
 * The moment that a file says it was made, in milliseconds since 1970; a time without an offset is one in `timeZone`,
 * a date without a time its midnight. Reads the forms of real senders (`28/Oct/2005`, `28-oct-2003#16:06:02`,
 * `2012-09-11   08:30:00AM`, `2019-01-13 12:00:00 +0100`); undefined for anything else.
 */
export function parseDateTime(text: string, timeZone: string): number | undefined {
  const written = readDate(text.trim())
  if (written === undefined) return undefined
  const { year, month, day } = written
  const time = written.rest === '' ? MIDNIGHT : readTime(written.rest)
  if (time === undefined) return undefined
  const { hour, minute, second, millisecond } = time
  const local = new Temporal.PlainDateTime(year, month, day, hour, minute, second, millisecond)
  return local.toZonedDateTime(time.offset ?? timeZone).epochMilliseconds
}

interface Time {
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  readonly offset: string | undefined
}
const MIDNIGHT: Time = { hour: 0, minute: 0, second: 0, millisecond: 0, offset: undefined }

function readTime(text: string): Time | undefined {
  const found = TIME.exec(text)
  if (found === null) return undefined
  const [, hours, minutes, seconds = '0', fraction = '', half, offset] = found
  let hour = Number(hours)
  const minute = Number(minutes)
  const second = Number(seconds)
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined
    hour = (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0)
  }
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const zone = offset === undefined ? undefined : offsetZone(offset)
  if (offset !== undefined && zone === undefined) return undefined
  const millisecond = Number(fraction.padEnd(3, '0').slice(0, 3))
  return { hour, minute, second, millisecond, offset: zone }
}

function offsetZone(offset: string): string | undefined {
  if (offset.toUpperCase() === 'Z') return 'UTC'
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0')
  if (Number(digits.slice(0, 2)) > 23 || Number(digits.slice(2)) > 59) return undefined
  return `${offset.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

function readDate(text: string): Written | undefined {
  const yearFirst = YEAR_FIRST.exec(text)
  if (yearFirst !== null) {
    return written(
      yearFirst[1],
      Number(yearFirst[3]),
      yearFirst[4],
      text.slice(yearFirst[0].length),
    )
  }
  const dayFirst = DAY_FIRST.exec(text)
  if (dayFirst !== null) {
    return written(dayFirst[3], Number(dayFirst[2]), dayFirst[1], text.slice(dayFirst[0].length))
  }
  const named = MONTH_NAMED.exec(text)
  if (named === null) return undefined
  return written(named[3], monthOf(named[2] ?? ''), named[1], text.slice(named[0].length))
}

function monthOf(name: string): number {
  const lower = name.toLowerCase()
  const found = MONTHS.findIndex((month) => month === lower || month.slice(0, 3) === lower)
  return lower === 'sept' ? 9 : found + 1
}

function written(
  year: string | undefined,
  month: number,
  day: string | undefined,
  rest: string,
): Written | undefined {
  const date = { year: Number(year), month, day: Number(day), rest }
  return isCalendarDate(date.year, date.month, date.day) ? date : undefined
}

function isCalendarDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  if (day <= 28) return true
  if (month === 2) return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31)
}

/** The one form that nearly every date has, checked without a regular expression. */
function isPlainDate(text: string): boolean {
  if (text.length !== 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  return year > 0 && month > 0 && day > 0 && isCalendarDate(year, month, day)
}

/** The number that these characters are, or -1. */
function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

/** Which day it is somewhere, `YYYY-MM-DD`. */
export function dayIn(timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(now)
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}
