import type { Problem } from '../roster/problem.ts'
import type { Place } from '../roster/record.ts'

/** Invented for plain IMS Enterprise 1.1 by schemas and products in the wild: nothing else is different in them. */
const NAMESPACES_OF_1_1: readonly RegExp[] = [
  /^https?:\/\/tempuri\.org\/ims_epv1p1/,
  /^https?:\/\/www\.metaventis\.com\/ns\/cockpit\/sync\//,
  /^https?:\/\/www\.webct\.com\/ims/i,
]
const PIFU = /pifu-ims_sas-(.*)$/i
const PIFU_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['0.9', 'pifu-0.9'],
  ['1.0', 'pifu-1.0'],
  ['1.1', 'pifu-1.1'],
  ['1.2', 'pifu-1.2'],
  ['v1', 'pifu-1.3'],
])

/** ABC-Enterprise, of UNINETT: another document than all others. */
export const ABC_DIALECT = 'abc-enterprise'
const ABC_ROOT = 'document'
/** What a file of that dialect is in where it does not say. */
export const ABC_ENCODING = 'iso-8859-1'

/** Whether this is the root of ABC-Enterprise, which has no namespace. */
export function isAbcRoot(root: string, namespace: string): boolean {
  return root.toLowerCase() === ABC_ROOT && namespace === ''
}

/**
 * What the root says about the dialect. NS 4170 cannot be told from IMS 1.1 by it: it has no namespace.
 * Gives the problem that refuses the delivery where the root is not that of any dialect.
 */
export function findDialect(
  root: string,
  namespace: string,
  place: Place,
): { readonly dialect: string; readonly problems: readonly Problem[] } | Problem {
  if (isAbcRoot(root, namespace)) return { dialect: ABC_DIALECT, problems: [] }
  if (root.toLowerCase() !== 'enterprise') {
    const found = namespace === '' ? root : `${root} of ${namespace}`
    return { code: 'DIALECT_UNKNOWN', place, found, expected: 'enterprise or document' }
  }
  const isUpper = root === root.toUpperCase()
  const problems: Problem[] = isUpper ? [{ code: 'NAMES_IN_UPPER_CASE', place, found: root }] : []
  const version = PIFU.exec(namespace)?.[1]
  const pifu = version === undefined ? undefined : PIFU_VERSIONS.get(version.toLowerCase())
  if (pifu !== undefined) return { dialect: pifu, problems }
  if (namespace === '' || NAMESPACES_OF_1_1.some((known) => known.test(namespace)))
    return { dialect: isUpper ? 'ims-1.01' : 'ims-1.1', problems }
  problems.push({ code: 'NAMESPACE_UNKNOWN', place, found: namespace })
  // A newer version of a profile that is known reads better as that profile.
  return { dialect: version === undefined ? 'unknown-namespace' : 'pifu-1.3', problems }
}
