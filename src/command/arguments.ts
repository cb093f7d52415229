import { ADOPTED_BY, type AdoptedBy } from '../roster/adoption.ts'
import { InvalidArgumentError } from 'commander'

/** Readers of option values. What they refuse ends the command with exit code 2 and names the option. */

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

/** Words of a list, with commas between them. */
export function wordsOf<W extends string>(known: readonly W[]): (text: string) => readonly W[] {
  return (text) =>
    text.split(',').map((part) => {
      const word = known.find((candidate) => candidate === part.trim())
      if (word === undefined)
        throw new InvalidArgumentError(`Give one or more of ${known.join(', ')}.`)
      return word
    })
}

/**
 * What people write for an action: `added`, `removed` and so on, as reports have it, or the word of the journal.
 * `removed` means also courses archived, `added` also persons restored, as they are counted.
 */
const ACTION_WORDS = {
  added: ['add', 'restore'],
  updated: ['update', 'rekey'],
  removed: ['remove', 'archive'],
  add: ['add'],
  update: ['update'],
  remove: ['remove'],
  restored: ['restore'],
  restore: ['restore'],
  archived: ['archive'],
  archive: ['archive'],
  rekeyed: ['rekey'],
  rekey: ['rekey'],
  erased: ['erase'],
  erase: ['erase'],
} as const

export type Action = (typeof ACTION_WORDS)[keyof typeof ACTION_WORDS][number]

export function actionsOf(text: string): readonly Action[] {
  const words = wordsOf(Object.keys(ACTION_WORDS) as (keyof typeof ACTION_WORDS)[])(text)
  return [...new Set(words.flatMap((word) => ACTION_WORDS[word]))]
}

export function dateOf(text: string): string {
  const time = Date.parse(`${text}T00:00:00Z`)
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time)
  if (!isDate || new Date(time).toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('Give a date as YYYY-MM-DD.')
  }
  return text
}

export function onOff(text: string): boolean {
  if (text === 'on') return true
  if (text === 'off') return false
  throw new InvalidArgumentError('Give on or off.')
}

/** The name of a time zone that this machine knows, as it is written there. */
export function timeZoneOf(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    throw new InvalidArgumentError('Give the name of a time zone, such as Europe/Helsinki.')
  }
}

/** A number of days; bounds are checked where all settings are. */
export function daysOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number of days.')
}

/** The same, or `off`: null. */
export function daysOrOff(text: string): number | null {
  return text === 'off' ? null : daysOf(text)
}

/** `persons.removed=10`, repeated: gathers them. */
export function assignment(
  text: string,
  before: { readonly [name: string]: number } = {},
): { readonly [name: string]: number } {
  const match = /^([\w.]+)=(\d+)$/.exec(text)
  if (!match) throw new InvalidArgumentError('Give NAME=NUMBER, such as persons.removed=10.')
  return { ...before, [match[1] as string]: Number(match[2]) }
}

/** A held plan is named by the number of its run, or by the beginning of its hash. */
export function planName(text: string): string {
  if (!/^\d{1,15}$/.test(text) && !/^[0-9a-f]{8,64}$/.test(text)) {
    throw new InvalidArgumentError(
      'Give the number of the held run, or at least 8 characters of the hash of its plan.',
    )
  }
  return text
}

export const severitiesOf = wordsOf(['refused', 'setAside', 'warning', 'notice'] as const)

export function oneOf<W extends string>(known: readonly W[]): (text: string) => W {
  return (text) => {
    const word = known.find((candidate) => candidate === text)
    if (word === undefined) throw new InvalidArgumentError(`Give one of ${known.join(', ')}.`)
    return word
  }
}

/** A date, or `today`: which day that is depends on the source's time zone. */
export function dayOf(text: string): string {
  return text === 'today' ? text : dateOf(text)
}

/** `name=Kari Vikar`, repeated: gathers them. Only the first equals sign divides. */
export function fieldValue(
  text: string,
  before: { readonly [field: string]: string } = {},
): { readonly [field: string]: string } {
  const match = /^(\w+)=(.*)$/s.exec(text)
  if (!match) throw new InvalidArgumentError('Give FIELD=VALUE, such as email=kari@example.org.')
  return { ...before, [match[1] as string]: match[2] as string }
}

/** `off`, or a list of what records made by hand are recognised by. */
export function adoptedBy(text: string): readonly AdoptedBy[] {
  return text === 'off' ? [] : wordsOf(ADOPTED_BY)(text)
}

/** `02:30,14:00`, or one of some words. */
export function timesOr<W extends string>(
  words: readonly W[],
): (text: string) => W | readonly string[] {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    return word ?? timesOf(text)
  }
}

const TIMES_MAX = 24

function timesOf(text: string): readonly string[] {
  const times = [...new Set(text.split(',').map((part) => part.trim()))].toSorted()
  if (times.length > TIMES_MAX || !times.every((time) => /^([01]\d|2[0-3]):[0-5]\d$/.test(time))) {
    throw new InvalidArgumentError(`Give times of day such as 02:30,14:00, at most ${TIMES_MAX}.`)
  }
  return times
}

/** `02:30`, or `off`: null. */
export function timeOrOff(text: string): string | null {
  if (text === 'off') return null
  const [time, ...others] = timesOf(text)
  if (time === undefined || others.length > 0)
    throw new InvalidArgumentError('Give one time, or off.')
  return time
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** `mon-fri` or `mon,wed,sun`: 1 Monday to 7 Sunday. */
export function weekdaysOf(text: string): readonly number[] {
  const days = text.split(',').flatMap((part) => {
    const [first = '', last = first] = part.trim().split('-')
    const [from, to] = [WEEKDAYS.indexOf(first), WEEKDAYS.indexOf(last)]
    if (from < 0 || to < from) {
      throw new InvalidArgumentError(`Give days of ${WEEKDAYS.join(', ')}, such as mon-fri.`)
    }
    return WEEKDAYS.slice(from, to + 1).map((_, n) => from + n + 1)
  })
  return [...new Set(days)].toSorted()
}

/** The same as text. */
export function weekdaysText(weekdays: readonly number[]): string {
  return weekdays.map((day) => WEEKDAYS[day - 1]).join(',')
}

const HOLIDAYS_MAX = 400
const DAY_MS = 86_400_000

/** `2026-12-24..2027-01-06,2027-05-17`, or `off`: dates, each once. */
export function holidaysOf(text: string): readonly string[] {
  if (text === 'off') return []
  const days = new Set<string>()
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.trim().split('..')
    const to = Date.parse(dateOf(last))
    for (let at = Date.parse(dateOf(first)); at <= to && days.size <= HOLIDAYS_MAX; at += DAY_MS) {
      days.add(new Date(at).toISOString().slice(0, 10))
    }
  }
  if (days.size === 0 || days.size > HOLIDAYS_MAX) {
    throw new InvalidArgumentError(
      `Give dates and spans from early to late, at most ${HOLIDAYS_MAX} days.`,
    )
  }
  return [...days].toSorted()
}

/** Dates as spans. */
export function holidaysText(days: readonly string[]): string {
  const spans: { from: string; to: string }[] = []
  for (const day of days) {
    const last = spans.at(-1)
    if (last !== undefined && Date.parse(day) - Date.parse(last.to) === DAY_MS) last.to = day
    else spans.push({ from: day, to: day })
  }
  return spans.map(({ from, to }) => (from === to ? from : `${from}..${to}`)).join(',')
}
