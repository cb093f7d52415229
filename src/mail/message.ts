import { compose } from './compose.ts'
import { formatsOf } from './formats.ts'
import { renderHtml } from './html.ts'
import type { Matter } from './matter.ts'
import { type Status, statusOf, subjectOf } from './subject.ts'
import { renderText } from './text.ts'
import type { Language } from './words.ts'

/** What a mail says, ready to be sent to anybody who reads its language. */
export interface Message {
  readonly subject: string
  /** Of an import, the words of its subject; for others what the mail is. */
  readonly status: Status | undefined
  readonly text: string
  readonly html: string
}

/** Pure: the same matter in the same language is the same message. */
export function makeMessage(matter: Matter, language: Language): Message {
  const formats = formatsOf(language, matter.timeZone)
  const document = compose(matter, formats)
  return {
    subject: subjectOf(matter, formats.words),
    status: statusOf(matter),
    text: renderText(document),
    html: renderHtml(document),
  }
}
