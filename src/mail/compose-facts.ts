import { momentOf, type Formats } from './formats.ts'
import type { Block } from './document.ts'
import type { Finished } from './matter.ts'
import { parseDateTime } from '../rules/dates.ts'

/** The delivery: by what it can be recognised at both ends. */
export function factBlocks(matter: Finished, formats: Formats): Block[] {
  const { words, number, time, bytes } = formats
  const { facts } = words
  const { run, report, fileName, startedAt, finishedAt, receivedAt, episode, bin } = matter
  const delivery = report?.delivery
  const made = delivery?.datetime && parseDateTime(delivery.datetime, matter.timeZone)
  const rows: (readonly [string, string])[] = [[facts.run, `${run}`]]
  if (delivery !== undefined) {
    rows.push(
      [facts.file, fileName ?? facts.byHandName],
      [facts.number, `${delivery.id}`],
      [facts.size, sizeText(delivery.bytes, number(delivery.bytes), bytes)],
    )
    if (typeof made === 'number') rows.push([facts.made, time(new Date(made).toISOString())])
    if (receivedAt !== undefined) rows.push([facts.came, time(receivedAt)])
  }
  rows.push([facts.started, time(startedAt)])
  if (finishedAt !== undefined) rows.push([facts.finished, time(finishedAt)])
  if (delivery !== undefined && /^[0-9a-f]{1,64}$/.test(delivery.sha256)) {
    rows.push([facts.hash, delivery.sha256])
  }
  if (episode !== undefined && episode.holds > 1) {
    rows.push([facts.nights, number(episode.holds)])
  }
  if (episode !== undefined && matter.outcome === 'held' && isEarlier(episode.since, startedAt)) {
    rows.push([facts.waitsSince, time(episode.since)])
  }
  if (bin !== undefined && bin > 0) rows.push([words.counts.bin, number(bin)])
  return [
    { is: 'heading', text: words.sections.file },
    { is: 'facts', rows },
  ]
}

function isEarlier(a: string, b: string): boolean {
  return momentOf(a).getTime() < momentOf(b).getTime()
}

function sizeText(count: number, exact: string, bytes: (n: number) => string): string {
  return count < 1000 ? bytes(count) : `${bytes(count)} (${exact})`
}
