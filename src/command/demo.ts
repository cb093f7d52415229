import { writeDeliveryFile } from '../demo/delivery.ts'
import { countNight } from '../demo/lists.ts'
import { describeNight } from '../demo/night.ts'
import { ONE_PERCENT_NIGHT, type DemoChanges, type DemoOptions } from '../demo/options.ts'
import { styleNamed } from '../demo/style.ts'
import { RollcallError } from '../errors.ts'
import { printJson, printLines } from './output.ts'

export interface DemoCommandOptions {
  readonly seed: number
  readonly persons: number
  readonly night: number
  readonly datetime?: string
  readonly schools?: number
  readonly groups?: number
  readonly members?: number
  readonly dangling: number
  readonly nameless: number
  readonly withoutSchool?: number
  readonly onePercent?: string
  readonly numbers?: boolean
  readonly rich?: boolean
  readonly style: string
  readonly json?: boolean
}

export async function runDemo(file: string, options: DemoCommandOptions): Promise<void> {
  const night = describeNight(demoOptions(options))
  let bytes: number
  try {
    bytes = await writeDeliveryFile(night, styleNamed(options.style), file)
  } catch (cause) {
    if (cause instanceof RollcallError || !(cause instanceof Error) || !('code' in cause))
      throw cause
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} cannot be written`, { cause })
  }
  const counts = countNight(night)
  if (options.json === true) {
    printJson({ file, bytes, ...counts })
    return
  }
  const parts = Object.entries(counts).map(([what, count]) => `${String(count)} ${what}`)
  printLines([`${file}: ${bytes} bytes, ${parts.join(', ')}`])
}

/** The first night is 1 September at two in the morning; each later one is a day later. */
const FIRST_NIGHT = Date.UTC(2026, 8, 1, 2)
const DAY = 24 * 60 * 60 * 1000

export function demoOptions(options: DemoCommandOptions): DemoOptions {
  const { seed, persons, night, dangling, nameless } = options
  const time = new Date(FIRST_NIGHT + night * DAY).toISOString().slice(0, 19)
  return {
    seed,
    persons,
    night,
    dangling,
    nameless,
    dateTime: options.datetime ?? time,
    nationalNumbers: options.numbers === true,
    rich: options.rich === true,
    ...(options.schools === undefined ? {} : { schools: options.schools }),
    ...(options.groups === undefined ? {} : { groups: options.groups }),
    ...(options.members === undefined ? {} : { members: options.members }),
    ...(options.withoutSchool === undefined ? {} : { withoutSchool: options.withoutSchool }),
    ...(options.onePercent === undefined ? {} : { changes: onePercent(options.onePercent) }),
  }
}

function onePercent(which: string): DemoChanges {
  if (which === 'a' || which === 'b') return ONE_PERCENT_NIGHT[which]
  throw new RollcallError('ERR_USAGE', '--one-percent is a or b')
}
