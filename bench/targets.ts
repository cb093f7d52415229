/** What the project wants of each row: at most so many times what it is measured against. */
export interface Target {
  readonly most: number
  /** What it would like to reach beyond that. */
  readonly stretch?: number
}

/** By the names of rows; a row without one is there to be known. */
export const TARGETS: { readonly [row: string]: Target } = {
  'first import': { most: 4, stretch: 2 },
  'unchanged (other datetime)': { most: 0.25, stretch: 0.15 },
  'very same bytes': { most: 0.15, stretch: 0.1 },
  '1 % night (a)': { most: 0.5, stretch: 0.3 },
  '1 % night (b)': { most: 0.8, stretch: 0.5 },
  'every record touched': { most: 1.3, stretch: 1 },
  'plan with half of it changed': { most: 1 },
  'undo of a 1 % night (b)': { most: 2 },
  'release of a 1 % night (b)': { most: 2 },
  'first import, server, × bare COPY': { most: 2 },
}
