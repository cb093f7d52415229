import { openHashes } from '../../src/ims/fingerprint.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import type { ReadLimits } from '../../src/ims/limits.ts'
import type {
  ImsFrame,
  ImsGroup,
  ImsMembership,
  ImsPerson,
  ImsProperties,
  KnownRecords,
  RawFingerprint,
} from '../../src/ims/records.ts'
import { scanDelivery } from '../../src/ims/scan.ts'
import type { ScanEnd, ScanOptions } from '../../src/ims/scan.ts'
import { memorySource, type ByteSource } from '../../src/ims/source.ts'
import type { Problem } from '../../src/roster/problem.ts'
import type { RecordKind } from '../../src/roster/record.ts'

export const hashes = await openHashes()

export type Item = ImsPerson | ImsGroup | ImsMembership

/** Everything that a scan handed to its sink. */
export interface Gathered {
  readonly frames: ImsFrame[]
  readonly properties: ImsProperties[]
  /** Records in file order; a known one is what `Known` kept under its slot, at the place where it stands now. */
  readonly records: Item[]
  readonly raws: RawFingerprint[]
  readonly knownSlots: number[]
  readonly problems: Problem[]
  readonly end: ScanEnd
  readonly steps: number
}

/** Records of an earlier scan, by their bytes: what the mirror is to an import. */
export class Known implements KnownRecords {
  readonly records: Item[] = []
  /** Frame and datasource: in another context the same bytes may mean something else, and nothing is known. */
  readonly context: string
  isOf = ''
  readonly #slots = new Map<string, number>()

  constructor(before?: Gathered) {
    this.context = before === undefined ? 'none' : contextOf(before)
    before?.records.forEach((record, index) => {
      const raw = before.raws[index]
      if (raw === undefined) return
      this.#slots.set(`${record.kind} ${raw.high} ${raw.low}`, this.records.length)
      this.records.push(record)
    })
  }

  /** Records with the other recstatus are read, so that what was read can be compared with what was known. */
  has(): boolean {
    return false
  }

  find(kind: RecordKind, high: bigint, low: bigint): number {
    if (this.isOf !== this.context) return -1
    return this.#slots.get(`${kind} ${high} ${low}`) ?? -1
  }
}

function contextOf({ frames, properties }: Pick<Gathered, 'frames' | 'properties'>): string {
  const frame = frames.at(-1)
  return JSON.stringify([
    frame?.encoding,
    frame?.dialect,
    frame?.namespace,
    properties[0]?.datasource,
  ])
}

export function gather(
  xml: string | Uint8Array | ByteSource,
  options: ScanOptions & { readonly known?: Known; readonly limits?: Partial<ReadLimits> } = {},
): Gathered {
  const { known = new Known(), limits, ...scanOptions } = options
  const gathered: Omit<Gathered, 'end' | 'steps'> = {
    frames: [],
    properties: [],
    records: [],
    raws: [],
    knownSlots: [],
    problems: [],
  }
  const take = (record: Item, raw: RawFingerprint): void => {
    gathered.records.push(record)
    gathered.raws.push(raw)
  }
  const scan = scanDelivery(
    sourceOf(xml),
    known,
    { ...DEFAULT_READ_LIMITS, ...limits },
    {
      frame: (frame) => {
        gathered.frames.push(frame)
        known.isOf = contextOf(gathered)
      },
      properties: (properties) => {
        gathered.properties.push(properties)
        known.isOf = contextOf(gathered)
      },
      known: (kind, slot, place, length) => {
        const record = known.records[slot]
        if (record?.kind !== kind) throw new Error(`slot ${slot} holds no ${kind}`)
        gathered.knownSlots.push(slot)
        gathered.records.push(moved(record, place, length))
      },
      person: take,
      group: take,
      membership: take,
      problem: (problem) => gathered.problems.push(problem),
    },
    hashes,
    scanOptions,
  )
  for (let steps = 0; ; steps++) {
    const { done, value } = scan.next()
    if (done === true) return { ...gathered, end: value, steps }
  }
}

function sourceOf(xml: string | Uint8Array | ByteSource): ByteSource {
  if (typeof xml === 'string') return memorySource(Buffer.from(xml))
  return 'read' in xml ? xml : memorySource(xml)
}

/** The record as it reads where it stands now: everything in it has moved by the same number of bytes. */
function moved(record: Item, place: number, length: number): Item {
  const by = place - record.place
  const problems = record.problems.map((problem) => ({ ...problem, place: problem.place + by }))
  const whole = { ...record, place, length, problems }
  if (whole.kind !== 'membership') return whole
  return {
    ...whole,
    members: whole.members.map((member) => ({ ...member, place: member.place + by })),
  }
}
