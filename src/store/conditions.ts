/** The `where` of a query put together from filters. Values are parameters always; only our own words become SQL. */
export class Conditions {
  readonly values: unknown[] = []
  readonly #parts: string[] = []

  constructor(siteId: number, alias: string) {
    this.add((value) => `${alias}.site_id = ${value}`, siteId)
  }

  /** Adds a condition about a value; `condition` gets the parameter's name. */
  add(condition: (value: string) => string, value: unknown): void {
    this.#parts.push(`(${condition(this.value(value))})`)
  }

  /** Adds a condition without a value. */
  always(condition: string): void {
    this.#parts.push(`(${condition})`)
  }

  /** Only rows behind a place, in the order of these columns; an empty place is the beginning. */
  after(columns: readonly string[], place: readonly unknown[]): void {
    if (place.length === 0) return
    this.always(`(${columns.join(', ')}) > (${place.map((value) => this.value(value)).join(', ')})`)
  }

  /** Adds a value and gives its parameter's name. */
  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  get where(): string {
    return this.#parts.join(' and ')
  }
}

/** A text that is searched for anywhere in a value, for `ilike`: what the pattern means by % and _ is taken literally. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`
}
