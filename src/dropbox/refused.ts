/** What a request ends with, in the words of the protocol. */
export type RefusedStatus = 'noSuchFile' | 'denied' | 'failure' | 'unsupported'

/**
 * Thrown inside the drop box for a request that is not granted; the sender is told why. `ends`: the connection ends, too.
 */
export class Refused extends Error {
  readonly status: RefusedStatus
  readonly ends: boolean

  constructor(status: RefusedStatus, message: string, ends = false) {
    super(message)
    this.name = 'Refused'
    this.status = status
    this.ends = ends
  }
}

export const noSuchFile = (): Refused => new Refused('noSuchFile', 'There is no such file')
export const noPath = (): Refused =>
  new Refused(
    'failure',
    'This name cannot be used here: it is too long or has characters that no file may have',
  )
