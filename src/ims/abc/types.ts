import type { Reading } from '../reading.ts'

/** Kinds of vocabularies that a file declares for itself, by the name of the attribute that uses them. */
const KINDS = [
  'contacttype',
  'addresstype',
  'tagtype',
  'orgidtype',
  'orgnametype',
  'ouidtype',
  'ounametype',
  'personidtype',
  'partnametype',
  'groupidtype',
  'relationtype',
] as const
export type TypeKind = (typeof KINDS)[number]

export function isTypeKind(name: string): name is TypeKind {
  return KINDS.some((kind) => kind === name)
}

interface Declared {
  readonly rank: number
  /** What it may be said of: `person`; of a relation `group\nperson`. '' for anything. */
  readonly uses: Set<string>
}

/** The vocabularies of one file: what its `properties/types` declares, in the order in which it does. */
export class DeclaredTypes {
  readonly #types = new Map<string, Declared>()

  /** False for a file that declares nothing at all: then nothing can be missed in it. */
  get areThere(): boolean {
    return this.#types.size > 0
  }

  add(kind: TypeKind, name: string, subject: string | undefined, object?: string): void {
    const key = `${kind}\n${name}`
    const declared = this.#types.get(key) ?? { rank: this.#types.size, uses: new Set<string>() }
    declared.uses.add(useOf(subject, object))
    this.#types.set(key, declared)
  }

  /** Place in the order of declaration; what was not declared comes last. */
  rank(kind: TypeKind, name: string): number {
    return this.#types.get(`${kind}\n${name}`)?.rank ?? Number.MAX_SAFE_INTEGER
  }

  has(kind: TypeKind, name: string, subject?: string, object?: string): boolean {
    const uses = this.#types.get(`${kind}\n${name}`)?.uses
    if (uses === undefined) return false
    return subject === undefined || uses.has('') || uses.has(useOf(subject, object))
  }

  /** Notes a value whose type was not declared for what it is said of. The value is kept all the same. */
  check(reading: Reading, kind: TypeKind, name: string, subject?: string, object?: string): void {
    if (!this.areThere || this.has(kind, name, subject, object)) return
    const of = [subject, object].filter((each) => each !== undefined).join(' and ')
    const expected = `${kind} declared in properties/types${of === '' ? '' : ` for ${of}`}`
    reading.note('TYPE_UNDECLARED', name, expected)
  }
}

/** A unit is declared as what it belongs to: `organization` stands for both. */
function useOf(subject: string | undefined, object: string | undefined): string {
  const words = [subject, object].flatMap((word) => {
    const plain = word?.trim().toLowerCase() ?? ''
    if (plain === '') return []
    return [plain === 'ou' || plain === 'org' ? 'organization' : plain]
  })
  return words.join('\n')
}
