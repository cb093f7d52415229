import assert from 'node:assert/strict'
import { attempt, type Attempt } from '../../src/import/attempt.ts'
import type { ImportRequest } from '../../src/import/contract.ts'
import type { Plan } from '../../src/import/plan.ts'
import { hashPlan } from '../../src/import/packed-plan.ts'
import { beginRun, type Run } from '../../src/import/progress.ts'
import { readDelivery } from '../../src/import/read-delivery.ts'
import { sourceOf } from '../../src/import/settle.ts'
import { compileSourceRules } from '../../src/import/source-rules.ts'
import { memorySource } from '../../src/ims/source.ts'
import type { Rules } from '../../src/rules/contract.ts'
import type { Session } from '../../src/store/connect.ts'
import type { SourceForRun } from '../../src/store/runs.ts'
import type { TestSite } from '../import/site.ts'

/** What a delivery would do to a site, found in one transaction that many of them share: nothing is stored. */
export class Planner {
  readonly #session: Session
  readonly #request: ImportRequest
  readonly #run: Run
  readonly #source: SourceForRun
  readonly #rules: Rules

  private constructor(
    session: Session,
    request: ImportRequest,
    run: Run,
    source: SourceForRun,
    rules: Rules,
  ) {
    this.#session = session
    this.#request = request
    this.#run = run
    this.#source = source
    this.#rules = rules
  }

  /** Hands a planner of the site to `work`, for as long as that takes. */
  static on<T>(site: TestSite, work: (planner: Planner) => Promise<T>): Promise<T> {
    const request = site.request(new Uint8Array(), true)
    return site.database.holdSite(site.siteId, (held) =>
      held.transaction(async (session) => {
        const source = await sourceOf(session, request)
        const rules = compileSourceRules(source.rules)
        return work(new Planner(session, request, await beginRun(request), source, rules))
      }),
    )
  }

  /** Reads, compares, plans and judges. */
  plan(bytes: Uint8Array): Promise<Attempt> {
    return this.#planAs(bytes, this.#source)
  }

  /**
   * Plans, and gives what it came to. With `compare` once more without the shortcut, and the two are held against each other:
   * the same refusal, or the same changes with every value, and the same counts.
   */
  async outcomeOf(bytes: Uint8Array, compare: boolean): Promise<'refused' | 'pass' | 'hold'> {
    const short = await this.plan(bytes)
    if (!compare) return short.refusal === undefined ? decisionOf(short) : 'refused'
    const elsewhere = { ...this.#source.state, context: 'another' }
    const full = await this.#planAs(bytes, { ...this.#source, state: elsewhere })
    assert.equal(short.refusal?.code, full.refusal?.code)
    assert.equal(short.refusal?.place, full.refusal?.place)
    if (short.plan === undefined || full.plan === undefined) {
      assert.ok(short.refusal !== undefined && short.plan === full.plan)
      return 'refused'
    }
    assert.deepEqual(countsOf(short.plan), countsOf(full.plan))
    assert.equal(decisionOf(short), decisionOf(full))
    assert.equal(hashPlan(short.plan), hashPlan(full.plan))
    return decisionOf(short)
  }

  async #planAs(bytes: Uint8Array, source: SourceForRun): Promise<Attempt> {
    const [session, request, run] = [this.#session, this.#request, this.#run]
    const content = memorySource(bytes)
    const read = await readDelivery(session, request, run, source, this.#rules, content)
    return attempt(session, request, run, source, read)
  }
}

function decisionOf({ verdict }: Attempt): 'pass' | 'hold' {
  assert.ok(verdict !== undefined, 'what is not refused is judged')
  return verdict.decision
}

/**
 * The counts of a plan, without those of members that are left alone: a list that comes twice word for word is counted once
 * where its bytes are known, twice where it is read.
 */
function countsOf({ tallies }: Plan): object {
  const { setAside: _, notTaken: __, ...membership } = tallies.membership
  return { ...tallies, membership }
}
