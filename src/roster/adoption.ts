/** What persons and groups made by hand may be recognised by in a source's first delivery. */
export const ADOPTED_BY = ['username', 'email', 'number', 'title'] as const
export type AdoptedBy = (typeof ADOPTED_BY)[number]
