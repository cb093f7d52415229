import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { RollcallError } from '../errors.ts'
import { isPattern } from '../rules/pattern.ts'

/**
 * Programs of suppliers that collectors may run: a file on this host, which only its operators write. A collector names
 * one; nothing that comes over the network can say what is run.
 */

const FILE_BYTES_MAX = 1024 ** 2
/** Accounts that programs never run as: root, and the one that the embedded database runs as. */
const FORBIDDEN_IDS: readonly number[] = [0, 65_534]

const id = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .refine((number) => !FORBIDDEN_IDS.includes(number), {
    message: 'an account of its own: not root, not nobody',
  })

const program = z.strictObject({
  /** Absolute; no shell is asked. */
  command: z.string().regex(/^\//, { message: 'an absolute path' }).max(4096),
  /** `{folder}` stands for the folder that is its home and working directory. */
  arguments: z.array(z.string().max(4096)).max(100).default([]),
  uid: id,
  gid: id,
  /** Sites that may use it, by name. */
  sites: z.array(z.string()).min(1),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(4096))
    .default({}),
  /** Name of the file that it leaves in its folder; * stands for any text. */
  leaves: z
    .string()
    .refine((text) => isPattern(text) && !text.includes('/'), {
      message: 'a name in which * stands for any text',
    })
    .default('*.xml'),
  secondsMax: z.number().int().min(1).max(43_200).default(1800),
  /** Address space of each of its processes. */
  memoryBytesMax: z
    .number()
    .int()
    .min(16 * 1024 ** 2)
    .default(2 * 1024 ** 3),
  /** Bytes of each file, and of its folder together. */
  fileBytesMax: z
    .number()
    .int()
    .min(1)
    .default(4 * 1024 ** 3),
  processesMax: z.number().int().min(1).max(10_000).default(200),
})
export type Program = z.output<typeof program>
export type Programs = ReadonlyMap<string, Program>

const schema = z.strictObject({ programs: z.record(z.string().min(1).max(100), program) })

/**
 * Reads the file; none where no file is set.
 * @throws RollcallError ERR_CONFIG_WRONG naming each fault, or whoever else could write it.
 */
export function readPrograms(file: string | undefined): Programs {
  if (file === undefined) return new Map()
  let text: string
  try {
    const { mode, uid, size } = statSync(file)
    const isOthers = uid !== 0 && uid !== process.getuid?.()
    if ((mode & 0o022) !== 0 || isOthers) {
      throw wrong(`${file} may be written by others than the operator`)
    }
    if (size > FILE_BYTES_MAX) throw wrong(`${file} is larger than ${FILE_BYTES_MAX} bytes`)
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof RollcallError) throw cause
    throw wrong(`ROLLCALL_PROGRAMS_FILE (${file}) cannot be read`, cause)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw wrong(`${file} is not JSON`, cause)
  }
  const result = schema.safeParse(content)
  if (result.success) return new Map(Object.entries(result.data.programs))
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw wrong(`${file}: ${faults.join('; ')}`)
}

function wrong(what: string, cause?: unknown): RollcallError {
  return new RollcallError('ERR_CONFIG_WRONG', what, {
    hint: 'docs/collectors.md says how programs are listed, and who may write the list.',
    cause,
  })
}
