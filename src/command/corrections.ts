import type { RecordKindName } from './declare-corrections.ts'
import { edit } from '../correction/edit.ts'
import { heal } from '../correction/heal.ts'
import { merge } from '../correction/merge.ts'
import { rekey } from '../correction/rekey.ts'
import { undoRun } from '../correction/undo.ts'
import { RollcallError } from '../errors.ts'
import { type HandOptions, runByHand } from './by-hand.ts'
import { readPairs } from './pairs-file.ts'

interface KindOptions extends HandOptions {
  readonly kind?: RecordKindName
}

export async function runUndo(
  run: number,
  options: HandOptions & { readonly reason?: string },
): Promise<void> {
  const { reason } = options
  await runByHand(options, (request) =>
    undoRun({ ...request, run, ...(reason === undefined ? {} : { reason }) }),
  )
}

export async function runRekey(
  old: string | undefined,
  next: string | undefined,
  options: KindOptions & { readonly pairs?: string },
): Promise<void> {
  const given = old !== undefined && next !== undefined
  if (given === (options.pairs !== undefined) || (old !== undefined && !given)) {
    throw new RollcallError('ERR_USAGE', 'Give an old and a new key, or --pairs with a file')
  }
  const pairs =
    options.pairs === undefined ? [{ old: old ?? '', new: next ?? '' }] : readPairs(options.pairs)
  await runByHand(options, (request) => rekey({ ...request, pairs, ...kindOf(options) }))
}

export async function runMerge(old: string, next: string, options: KindOptions): Promise<void> {
  await runByHand(options, (request) => merge({ ...request, old, new: next, ...kindOf(options) }))
}

export interface EditOptions extends KindOptions {
  readonly set?: { readonly [field: string]: string }
  readonly clear?: readonly string[]
  readonly protect?: boolean
  readonly unlock?: boolean
}

export async function runEdit(name: string, options: EditOptions): Promise<void> {
  const values: { [field: string]: string | null } = { ...options.set }
  for (const field of options.clear ?? []) values[field] = null
  const { protect, unlock = false } = options
  if (Object.keys(values).length === 0 && protect === undefined) {
    throw new RollcallError('ERR_USAGE', 'Give --set, --clear or --protect')
  }
  await runByHand(options, (request) =>
    edit({
      ...request,
      name,
      values,
      unlock,
      ...kindOf(options),
      ...(protect === undefined ? {} : { protect }),
    }),
  )
}

export async function runHeal(
  name: string | undefined,
  options: KindOptions & { readonly all?: boolean },
): Promise<void> {
  if ((name === undefined) !== (options.all === true)) {
    throw new RollcallError('ERR_USAGE', 'Give a key, or --all')
  }
  const what = name === undefined ? ('all' as const) : { name, ...kindOf(options) }
  await runByHand(options, (request) => heal({ ...request, what }))
}

export function kindOf({ kind }: KindOptions): { readonly kind?: RecordKindName } {
  return kind === undefined ? {} : { kind }
}
