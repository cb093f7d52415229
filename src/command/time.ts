/** A time as the database or a report writes it, to the minute, in UTC. */
export function timeText(time: string): string {
  const at = new Date(
    time.includes('T') ? time : time.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'),
  )
  if (Number.isNaN(at.getTime())) return time
  return at.toISOString().slice(0, 16).replace('T', ' ')
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
