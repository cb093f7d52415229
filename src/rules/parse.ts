import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document } from 'yaml'
import { RollcallError } from '../errors.ts'
import { faultsOf, pathText } from './faults.ts'
import { rulesFileSchema, type RulesFile } from './schema.ts'

/** Longest rules file, in characters; a list of protected keys is the only long thing in one. */
const RULES_CHARACTERS_MAX = 4 * 1024 * 1024
const HINT =
  'docs/rules.md explains every key; docs/rules.schema.json lets an editor check them as you write.'

/**
 * Reads a rules file: YAML 1.2, of which JSON is a part. An empty one is the preset `ims`.
 * Throws `ERR_RULES_WRONG` with every fault at once, one line each: path, what was found, what was expected, line.
 */
export function parseRules(text: string, fileName = 'rules'): RulesFile {
  if (text.length > RULES_CHARACTERS_MAX) {
    throw wrong(fileName, [`(file): longer than ${RULES_CHARACTERS_MAX} characters`])
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number): string => `(line ${lines.linePos(offset).line})`
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => `(file): ${error.message} ${place(error.pos[0])}`)
    throw wrong(fileName, faults)
  }
  const file = contentOf(document, fileName)
  const result = rulesFileSchema.safeParse(file)
  if (result.success) return result.data
  const faults = faultsOf(result.error.issues, file)
    .map(({ path, problem }) => ({ path, problem, offset: offsetOf(document, path) }))
    .sort((one, other) => (one.offset ?? 0) - (other.offset ?? 0))
  const said = faults.map(({ path, problem, offset }) => {
    return `${pathText(path)}: ${problem}${offset === undefined ? '' : ` ${place(offset)}`}`
  })
  throw wrong(fileName, said)
}

function contentOf(document: Document, fileName: string): unknown {
  try {
    const content: unknown = document.toJS({ maxAliasCount: 100 })
    return content ?? {}
  } catch (cause) {
    throw wrong(fileName, [`(file): ${cause instanceof Error ? cause.message : 'unreadable'}`])
  }
}

function wrong(fileName: string, faults: readonly string[]): RollcallError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return new RollcallError('ERR_RULES_WRONG', `${fileName}: ${count}\n${faults.join('\n')}`, {
    hint: HINT,
  })
}

/** Where the key at this path stands, or the nearest thing above it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const above = document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    if (isMap(above)) {
      const pair = above.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(last),
      )
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0]
    }
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node)) return node.range?.[0]
  }
  return undefined
}
