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
