import { Story, type Answer } from './commands.ts'
import { delivery, town, type Town } from './deliveries.ts'

/** One municipality, night by night: its register, and the site that takes what the register sends. */
export class Nights {
  readonly story: Story
  /** As the nights leave it; at first 120 persons, 17 groups with 6 courses, 259 memberships, 30 guardians. */
  readonly register: Town
  #day = 0

  constructor(story: Story, register = town()) {
    this.story = story
    this.register = register
  }

  /** The datetime of the last delivery. */
  get datetime(): string {
    return new Date(Date.UTC(2024, 7, this.#day, 2)).toISOString().slice(0, 19)
  }

  /** The delivery of the next night, a day after the last. */
  next(of: Town = this.register): string {
    this.#day++
    return delivery(of, this.datetime)
  }

  /** The next night: imports the register as it is now, or another state of it. */
  tonight(of: Town = this.register, ...options: readonly string[]): Promise<Answer> {
    return this.import(this.next(of), ...options)
  }

  /** Imports a delivery of any content. */
  import(content: string | Buffer, ...options: readonly string[]): Promise<Answer> {
    return this.story.ask('import', this.story.write(content), ...options)
  }
}
