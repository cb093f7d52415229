import type { HandReport, LeftAlone } from '../correction/contract.ts'
import type { Body } from './compose.ts'
import { codeOnly, command } from './compose-todo.ts'
import type { Block } from './document.ts'
import { momentOf, type Formats } from './formats.ts'
import { kindWord } from './kinds.ts'
import type { ByHand, Missing, Review, Started, Trial, Trouble } from './matter.ts'
import { plain } from './subject.ts'
import { fill } from './words.ts'

export function composeStarted({ run, startedAt }: Started, { words, time }: Formats): Body {
  const { facts } = words
  return {
    title: words.status.started,
    tone: 'plain',
    verdict: words.verdict.started,
    blocks: [
      {
        is: 'facts',
        rows: [
          [facts.run, `${run}`],
          [facts.started, time(startedAt)],
        ],
      },
    ],
  }
}

/** What was done by hand, in numbers; what was left, by reason. */
export function composeByHand({ run, report, site }: ByHand, formats: Formats): Body {
  const { words, time } = formats
  const { facts, sections, status } = words
  const changes = changeRows(report, formats)
  const left = leftItems(report.left, formats)
  const blocks: Block[] = []
  if (changes.length > 0) {
    blocks.push({ is: 'heading', text: sections.changes }, { is: 'facts', rows: changes })
  }
  if (left.length > 0) {
    blocks.push(
      { is: 'heading', text: sections.left },
      { is: 'items', items: left.map((text) => ({ text })) },
    )
  }
  blocks.push(
    { is: 'heading', text: sections.runs },
    {
      is: 'facts',
      rows: [
        [facts.run, `${run}`],
        [facts.finished, time(report.finishedAt)],
      ],
    },
    { is: 'command', label: words.waiting.todo, line: command(`run ${run}`, site.name) },
  )
  return { title: status.byHand, tone: 'plain', verdict: handVerdict(report, formats), blocks }
}

function handVerdict({ kind, undoes }: HandReport, { words }: Formats): string {
  const { verdict, subject } = words
  if (kind === 'undo') return fill(verdict.undo, { run: `${undoes ?? 0}` })
  return kind === 'rekey' || kind === 'merge' || kind === 'purge' ? verdict[kind] : subject.hand
}

const PART_OF_ACTION: { readonly [action: string]: 'added' | 'updated' | 'removed' | 'archived' } =
  {
    add: 'added',
    restore: 'added',
    reopen: 'added',
    update: 'updated',
    rekey: 'updated',
    remove: 'removed',
    erase: 'removed',
    archive: 'archived',
  }

function changeRows(report: HandReport, { words, number }: Formats): (readonly [string, string])[] {
  const kinds = new Map<string, Map<string, number>>()
  for (const { kind, action, n } of report.changes) {
    const part = words.counts[PART_OF_ACTION[action] ?? 'updated']
    const of = kinds.get(kindWord(kind, words)) ?? new Map<string, number>()
    of.set(part, (of.get(part) ?? 0) + n)
    kinds.set(kindWord(kind, words), of)
  }
  return [...kinds].map(([kind, parts]) => [
    kind,
    [...parts].map(([part, n]) => `${part} ${number(n)}`).join(', '),
  ])
}

function leftItems(left: readonly LeftAlone[], { words, number }: Formats): string[] {
  const counts = new Map<LeftAlone['why'], number>()
  for (const { why } of left) counts.set(why, (counts.get(why) ?? 0) + 1)
  return [...counts].map(([why, n]) => fill(words.left[why], { n: number(n) }))
}

export function composeMissing(matter: Missing, { words, time }: Formats): Body {
  const { is, expectedAt, graceMinutes, lastAt, cameAt } = matter
  const { facts, sections, status, todo, verdict } = words
  const isMissing = is === 'missing'
  const until =
    expectedAt === undefined || graceMinutes === undefined
      ? undefined
      : new Date(momentOf(expectedAt).getTime() + graceMinutes * 60_000).toISOString()
  const rows: (readonly [string, string])[] = [
    ...(expectedAt === undefined ? [] : [[facts.expected, time(expectedAt)] as const]),
    ...(until === undefined || !isMissing ? [] : [[facts.grace, time(until)] as const]),
    ...(cameAt === undefined ? [] : [[facts.came, time(cameAt)] as const]),
    ...(isMissing ? [[facts.last, lastAt === undefined ? facts.none : time(lastAt)] as const] : []),
  ]
  const blocks: Block[] = isMissing
    ? [
        { is: 'heading', text: sections.todo },
        { is: 'paragraph', text: todo.missing },
        { is: 'heading', text: sections.file },
        { is: 'facts', rows },
      ]
    : [
        { is: 'paragraph', text: todo.nothing },
        { is: 'facts', rows },
      ]
  return { title: status[is], tone: isMissing ? 'bad' : 'good', verdict: verdict[is], blocks }
}

export function composeTrouble({ is, at, code }: Trouble, { words, time }: Formats): Body {
  const { facts, sections, status, todo, verdict, errors } = words
  const known =
    code !== undefined && code in errors ? errors[code as keyof typeof errors] : errors.other
  const [wrong, fix] = known
  return {
    title: status.failed,
    tone: 'bad',
    verdict: verdict[is],
    blocks: [
      { is: 'heading', text: sections.todo },
      {
        is: 'facts',
        rows: [
          [facts.wrong, wrong],
          [facts.fix, fix],
          ...(code === undefined ? [] : [[facts.code, codeOnly(code)] as const]),
          [facts.finished, time(at)],
        ],
      },
      ...(is === 'givenUp' ? [{ is: 'paragraph', text: todo.givenUp, small: true } as const] : []),
    ],
  }
}

/** The yearly question whether the recipients are still right. */
export function composeReview({ recipients, site }: Review, { words }: Formats): Body {
  const { sections, status, todo, verdict, recipient } = words
  return {
    title: status.notice,
    tone: 'plain',
    verdict: verdict.review,
    blocks: [
      { is: 'heading', text: sections.recipients },
      {
        is: 'items',
        items: recipients.map(({ address, source, what, isDeputy }) => ({
          text: plain(address),
          detail: [
            recipient[what],
            ...(isDeputy ? [recipient.deputy] : []),
            ...(source === undefined ? [] : [plain(source)]),
          ].join(', '),
        })),
      },
      { is: 'command', label: todo.recipients, line: command('recipients list', site.name) },
    ],
  }
}

export function composeTrial({ at }: Trial, { words, time }: Formats): Body {
  return {
    title: words.status.completed,
    tone: 'good',
    verdict: words.verdict.test,
    blocks: [{ is: 'facts', rows: [[words.facts.started, time(at)]] }],
  }
}
