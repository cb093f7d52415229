import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../../src/ims/limits.ts'
import { HOSTILE_INPUTS, type HostileInput } from './inputs.ts'
import { readThrough } from './read-through.ts'

/** Lower ones show in a moment what those of an operator show in minutes; `scripts/hostile inputs` has those. */
const LIMITS: ReadLimits = {
  ...DEFAULT_READ_LIMITS,
  deliveryBytesMax: 1024 * 1024 + 2000,
  recordBytesMax: 64 * 1024,
  membersMax: 300,
  problemsMax: 100,
}
/** What an endless part is compared with: the limit of a record, its window, and the bytes read again as it doubled. */
const READ_AT_MOST = 4 * LIMITS.recordBytesMax

const limitsOf = ({ bound }: HostileInput): ReadLimits =>
  bound === 'deliveryBytesMax' ? LIMITS : { ...LIMITS, deliveryBytesMax: 64 * 1024 * 1024 }

describe('a hostile input ends as it must, and no more of it is read than that takes:', () => {
  for (const input of HOSTILE_INPUTS) {
    test(`${input.name} (${input.bound})`, () => {
      const source = input.make(input.small)
      const { refusal, problems, bytesRead, problemsKept } = readThrough(source, limitsOf(input), {
        windowBytes: 16 * 1024,
      })
      assert.ok(problemsKept <= LIMITS.problemsMax, `${problemsKept} problems kept`)
      if ('refused' in input.ends) {
        assert.equal(refusal?.code, input.ends.refused)
        const most = input.bound === 'deliveryBytesMax' ? 2 * source.length : READ_AT_MOST
        assert.ok(bytesRead <= most, `${bytesRead} of ${source.length} bytes read`)
        if (input.bound in LIMITS) {
          const limit = LIMITS[input.bound as keyof ReadLimits]
          assert.equal(refusal?.expected, `at most ${limit}`, 'the refusal names the limit')
        }
        return
      }
      assert.equal(refusal, undefined)
      const { problem } = input.ends
      if (problem !== undefined) assert.ok((problems[problem] ?? 0) > LIMITS.problemsMax)
      assert.ok(
        bytesRead <= 2 * source.length,
        'every byte is read once, and once for the encoding',
      )
    })
  }
})
