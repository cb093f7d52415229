/** How mail leaves; read from the environment. */
export interface MailSettings {
  /** The server that takes mail; undefined: none is set. */
  readonly smtp: SmtpSettings | undefined
  /** Address that mails come from, and that delivery status notifications go to. */
  readonly from: string | undefined
  /** For development: mails are written here as files and not sent. */
  readonly folder: string | undefined
}

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (smtps:); otherwise STARTTLS, unless it is switched off. */
  readonly isTls: boolean
  readonly startTls: 'required' | 'off'
  readonly user: string | undefined
  readonly password: string | undefined
  /** PEM certificates of an authority of one's own that the server's certificate is checked against. */
  readonly caFile: string | undefined
}

/** Milliseconds that connecting to a mail server, its greeting and each of its answers may take. */
export const SMTP_CONNECT_MS_MAX = 15_000
export const SMTP_ANSWER_MS_MAX = 60_000
/** Connections to the mail server at a time. */
export const SMTP_CONNECTIONS_MAX = 4
/** Mails of one pass; what is left has its turn in the next. */
export const MAILS_OF_A_PASS_MAX = 2000
/** Minutes until a mail or a call is tried again: the nth wait, and the last for all that follow. */
export const RETRY_MINUTES = [1, 5, 15, 60, 240] as const
/** Hours after which a mail or a call that cannot be delivered is given up. */
export const RETRY_HOURS_MAX = 72
/** Days for which sent mails and calls are kept. */
export const SENT_DAYS_KEPT = 90
/** Seconds after which an import that has not ended is told to have begun. */
export const STARTED_AFTER_SECONDS = 60
/** Hour of a working day, in the time zone of the source, from which a held plan is reminded of. */
export const REMINDER_HOUR = 8
/** The mail about an episode from which deputies are told, too. */
export const DEPUTIES_FROM = 3
/** Hours that a summary of small deliveries covers. */
export const SUMMARY_HOURS = 24
/** Days between two questions whether the recipients are still right. */
export const REVIEW_DAYS = 365
/** Events of a site that become mails in one transaction. */
export const EVENTS_OF_A_PASS_MAX = 200
/** Recipients of a site. */
export const RECIPIENTS_MAX = 100

/** When an attempt that failed is made again; undefined once it has been tried for long enough. */
export function nextAttempt(attempts: number, madeAt: Date, now: Date): Date | undefined {
  const minutes = RETRY_MINUTES[Math.min(attempts, RETRY_MINUTES.length - 1)] ?? 0
  const next = new Date(now.getTime() + minutes * 60_000)
  return next.getTime() - madeAt.getTime() > RETRY_HOURS_MAX * 3_600_000 ? undefined : next
}
