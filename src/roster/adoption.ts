/** What persons and groups made by hand may be recognised by in a source's first delivery. */
export const ADOPTED_BY = ['username', 'email', 'number', 'title'] as const
/** By its key: somebody whom a person brought back from the recycle bin, in any delivery. */
export type AdoptedBy = (typeof ADOPTED_BY)[number] | 'key'
