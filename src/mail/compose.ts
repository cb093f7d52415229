import { composeFinished } from './compose-finished.ts'
import {
  composeByHand,
  composeMissing,
  composeReview,
  composeStarted,
  composeTrial,
  composeTrouble,
} from './compose-others.ts'
import { composeSummary } from './compose-summary.ts'
import type { Block, Document } from './document.ts'
import type { Formats } from './formats.ts'
import type { Matter } from './matter.ts'
import { plain } from './subject.ts'
import { fill } from './words.ts'

/** What a kind of mail adds to the frame that all of them have. */
export type Body = Pick<Document, 'title' | 'tone' | 'verdict' | 'blocks'>

/** A mail in one language, in no format yet. Pure: the same matter gives the same document. */
export function compose(matter: Matter, formats: Formats): Document {
  const { words, language } = formats
  const { site, source, contacts, lost } = matter
  const body = bodyOf(matter, formats)
  const name = plain(site.name)
  return {
    language,
    ...body,
    about: source === undefined ? name : `${name} · ${plain(source)}`,
    blocks: [...body.blocks, ...contactBlocks(contacts, formats), ...lostBlocks(lost, formats)],
    footer: [fill(words.footer.why, { site: name }), words.footer.private],
  }
}

function bodyOf(matter: Matter, formats: Formats): Body {
  switch (matter.is) {
    case 'finished':
    case 'reminder':
      return composeFinished(matter, formats)
    case 'started':
      return composeStarted(matter, formats)
    case 'hand':
      return composeByHand(matter, formats)
    case 'missing':
    case 'came':
      return composeMissing(matter, formats)
    case 'givenUp':
    case 'fetchFailed':
      return composeTrouble(matter, formats)
    case 'daily':
    case 'weekly':
      return composeSummary(matter, formats)
    case 'review':
      return composeReview(matter, formats)
    default:
      return composeTrial(matter, formats)
  }
}

function contactBlocks(contacts: Matter['contacts'], { words }: Formats): Block[] {
  if (contacts.length === 0) return []
  const rows = contacts.map(
    ({ role, name, address, phone = '', note = '' }) =>
      [
        words.contact[role],
        [name, address, phone, note]
          .filter((text) => text !== '')
          .map(plain)
          .join(', '),
      ] as const,
  )
  return [
    { is: 'heading', text: words.sections.contacts },
    { is: 'facts', rows },
  ]
}

function lostBlocks(lost: readonly string[], { words }: Formats): Block[] {
  if (lost.length === 0) return []
  return [
    { is: 'heading', text: words.sections.lost },
    { is: 'items', items: lost.map((address) => ({ text: plain(address) })) },
    { is: 'paragraph', text: words.todo.recipients, small: true },
  ]
}
