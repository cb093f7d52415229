import type { z } from 'zod'
import { rulesJsonSchema } from './schema.ts'

/** One thing wrong with a rules file: where, and what. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly problem: string
}

type Issue = z.core.$ZodIssue

/** Every fault that zod found, in words: what stands there, what should, and which known key a wrong one resembles. */
export function faultsOf(issues: readonly Issue[], file: unknown): readonly Fault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue, [], file))
}

/** `groupKinds[0].kind`; `(file)` for the whole. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += `${text === '' ? '' : '.'}${String(part)}`
  }
  return text === '' ? '(file)' : text
}

function faultsOfIssue(
  issue: Issue,
  above: readonly PropertyKey[],
  file: unknown,
): readonly Fault[] {
  const path = [...above, ...issue.path]
  const found = valueAt(file, path)
  const stands = isPersonal(path) ? `a ${typeof found}` : shown(found)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], problem: unknownKey(key, path) }))
  }
  if (issue.code === 'invalid_union') {
    const nearest = nearestBranch(issue.errors, found)
    if (nearest !== undefined) {
      return nearest.flatMap((inner) => faultsOfIssue(inner, path, file))
    }
    return [{ path, problem: `found ${stands}, expected ${expectedBy(issue)}` }]
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => ({
      path,
      problem: `wrong key, expected ${expectedBy(inner)}`,
    }))
  }
  const expected = expectedBy(issue)
  const quotes =
    expected === 'text' && typeof found === 'number'
      ? ': put it in quotes'
      : nearestValue(issue, found)
  return [{ path, problem: `found ${stands}, expected ${expected}${quotes}` }]
}

/** The branch of a union that is meant: the one whose own shape fits, so that only something inside it is wrong. */
function nearestBranch(
  branches: readonly (readonly Issue[])[],
  found: unknown,
): readonly Issue[] | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  return branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
}

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1
        ? String(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return 'text that is not empty'
    case 'too_big':
    case 'invalid_format':
      return 'a country code such as +47'
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((branch) => branch.map(expectedBy)))].join(' or ')
    default:
      return issue.message
  }
}

const TYPE_WORDS: { readonly [type: string]: string } = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  object: 'keys and values',
  record: 'keys and values',
  array: 'a list',
}

/** Keys of protected persons: an error never repeats one. */
function isPersonal(path: readonly PropertyKey[]): boolean {
  return path.length > 2 && path[0] === 'protected' && path[1] === 'keys'
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'keys and values'
  if (typeof value === 'string') return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = knownKeys(path)
  const near = nearest(key, known)
  const hint = near === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${near}?`
  return `no such key${known.length === 0 ? '' : hint}`
}

function nearestValue(issue: Issue, found: unknown): string {
  if (issue.code !== 'invalid_value' || typeof found !== 'string') return ''
  const near = nearest(found, issue.values.map(String))
  return near === undefined || issue.values.length === 1 ? '' : `; did you mean ${near}?`
}

/** Keys that the schema knows at this path, found by walking the published JSON Schema. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly unknown[] = branchesOf(rulesJsonSchema())
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      if (typeof part === 'number') return branchesOf(memberOf(node, 'items'))
      const named = memberOf(memberOf(node, 'properties'), String(part))
      return branchesOf(named ?? memberOf(node, 'additionalProperties'))
    })
  }
  return nodes.flatMap((node) => Object.keys(memberOf(node, 'properties') ?? {}))
}

function branchesOf(node: unknown): readonly unknown[] {
  const branches = memberOf(node, 'anyOf')
  return Array.isArray(branches) ? branches : [node]
}

function memberOf(value: unknown, key: string | number): object | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  const member: unknown = (value as { readonly [key: string]: unknown })[key]
  return typeof member === 'object' && member !== null ? member : undefined
}

function valueAt(file: unknown, path: readonly PropertyKey[]): unknown {
  let value = file
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as { readonly [key: PropertyKey]: unknown })[part]
  }
  return value
}

/** The known word that is at most a third of its letters away. */
function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of known) {
    const distance = distanceOf(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best !== undefined && bestDistance <= Math.max(1, Math.ceil(best.length / 3))
    ? best
    : undefined
}

/** Letters to add, drop or replace to make one word the other (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let at = 1; at <= one.length; at++) {
    const next = [at]
    for (let to = 1; to <= other.length; to++) {
      const same = one[at - 1] === other[to - 1] ? 0 : 1
      next.push(Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + same))
    }
    row = next
  }
  return row[other.length] ?? 0
}
