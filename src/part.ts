/** A part of the service. Made by a function that starts it; what goes on by itself until it is stopped. */
export interface Part {
  readonly name: string
  /** Ends it in order: what is under way has so many milliseconds to come to its end, then it is broken off. */
  stop(graceMs: number): Promise<void>
}
