import type { Arrival } from '../store/arrivals.ts'

/** A delivery that came and waits, or was given up, as data. */
export function arrivalJson(
  { id, channel, sender, fileName, bytes, arrivedAt, ...of }: Arrival,
  source: string,
): { readonly [key: string]: unknown } {
  const { attempts, error, givenUpAt, retryAt } = of
  return {
    id,
    source,
    channel,
    sender,
    fileName,
    bytes,
    arrivedAt,
    attempts,
    error,
    givenUpAt,
    retryAt,
  }
}
