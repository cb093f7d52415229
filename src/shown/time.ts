/** A time as the database or a report writes it, to the minute, in UTC. */
export function timeText(time: string): string {
  const at = new Date(
    time.includes('T') ? time : time.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'),
  )
  if (Number.isNaN(at.getTime())) return time
  return at.toISOString().slice(0, 16).replace('T', ' ')
}
