import type { Manner } from '../store/approvals.ts'
import type { Block } from './document.ts'
import type { Formats } from './formats.ts'
import type { Finished } from './matter.ts'
import { plain } from './subject.ts'
import { fill } from './words.ts'

/** A command as it is typed on the server. A name of a site cannot hold a quote. */
export function command(words: string, site: string): string {
  const of = site === 'default' ? '' : ` --site "${plain(site)}"`
  return `rollcall ${words}${of}`
}

/** What a person has to do next; nothing where all is well. */
export function todoBlocks(matter: Finished, formats: Formats): Block[] {
  const { outcome, report } = matter
  const { todo, sections } = formats.words
  const heading: Block = { is: 'heading', text: sections.todo }
  if (outcome === 'held') return [heading, ...decisionBlocks(matter, formats)]
  if (outcome === 'refused') return refusalBlocks(matter, formats)
  if (outcome === 'failed') return [heading, ...failureBlocks(matter, formats)]
  if (report?.needsFull !== undefined) return [heading, { is: 'paragraph', text: todo.needsFull }]
  return []
}

/** What `release` is given besides, in each way. */
const MANNERS: { readonly [manner in Manner]: string } = {
  whole: '',
  withoutRemovals: ' --without-removals',
  asRekey: ' --as-rekey',
}

function decisionBlocks(matter: Finished, { words, time }: Formats): Block[] {
  const { run, site, report, is, twoPersons } = matter
  const { todo } = words
  const step = (label: string, line: string): Block => ({
    is: 'command',
    label,
    line: command(line, site.name),
  })
  const { person, group } = report?.keyChurn ?? {}
  const hasKeys = (person?.proposed ?? 0) + (group?.proposed ?? 0) > 0
  const isFull = (report?.delivery.type ?? 'full') === 'full'
  const as = twoPersons === undefined ? '' : ' --as ACCOUNT'
  const release = (label: string, manner: Manner): Block =>
    step(label, `release ${run}${MANNERS[manner]} --consulted ROLE${as}`)
  return [
    { is: 'paragraph', text: todo.held },
    ...(twoPersons === undefined ? [] : [{ is: 'paragraph', text: todo.two } as const]),
    ...(is === 'reminder' ? [] : [step(todo.look, `run ${run}`)]),
    ...(twoPersons?.approvals ?? []).map(({ at, manner }) =>
      release(fill(todo.approved, { at: time(at) }), manner),
    ),
    release(todo.release, 'whole'),
    ...(hasKeys ? [release(todo.asRekey, 'asRekey')] : []),
    release(todo.withoutRemovals, 'withoutRemovals'),
    step(todo.reject, `reject ${run} --reason TEXT`),
    { is: 'paragraph', text: isFull ? todo.newer : todo.queue, small: true },
  ]
}

/** Where in the file, and what the sender has to be told. What was found there is not said: it may be personal. */
function refusalBlocks({ report, refusedAt }: Finished, { words, number }: Formats): Block[] {
  const { todo, sections, facts, refusals } = words
  const refusal = report?.refusal
  if (refusal === undefined) return []
  const known = refusal.code in refusals
  const [wrong, fix] = known ? refusals[refusal.code as keyof typeof refusals] : ['', '']
  const isArchive = refusal.code.startsWith('ARCHIVE_')
  const where =
    refusedAt === undefined
      ? fill(facts.byte, { byte: number(refusal.place) })
      : fill(facts.line, { line: number(refusedAt.line), column: number(refusedAt.column) })
  return [
    { is: 'heading', text: sections.tell },
    { is: 'paragraph', text: todo.refused },
    {
      is: 'facts',
      rows: [
        [facts.wrong, wrong],
        ...(isArchive ? [] : [[facts.where, where] as const]),
        [facts.fix, fix],
        [facts.code, refusal.code],
      ],
    },
    { is: 'paragraph', text: todo.refusedNext, small: true },
  ]
}

function failureBlocks({ error, isLost }: Finished, { words }: Formats): Block[] {
  const { errors, facts, todo } = words
  const known = error !== undefined && error in errors ? (error as keyof typeof errors) : 'other'
  const [wrong, fix] = errors[isLost === true ? 'lost' : known]
  return [
    {
      is: 'facts',
      rows: [
        [facts.wrong, wrong],
        [facts.fix, fix],
        ...(error === undefined ? [] : [[facts.code, codeOnly(error)] as const]),
      ],
    },
    { is: 'paragraph', text: todo.failed, small: true },
  ]
}

/** A code and nothing else, whatever was stored in its place. */
export function codeOnly(error: string): string {
  return /^[A-Z_]{1,60}$/.test(error) ? error : 'ERR_INTERNAL'
}
