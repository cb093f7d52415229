import { BlockList, isIP } from 'node:net'
import type { DropBoxLimits } from './limits.ts'

/** An address as people write it: what an IPv6 socket says of an IPv4 client is an IPv4 address. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
}

/** Whether a text is an address, or a network such as 192.0.2.0/24. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** Whether an address is one of some networks; without any, each is. */
export function isFrom(address: string, networks: readonly string[] | undefined): boolean {
  if (networks === undefined || networks.length === 0) return true
  const list = new BlockList()
  for (const network of networks) {
    const [of = '', bits] = network.split('/')
    const family = isIP(of) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(of, family)
    else list.addSubnet(of, Number(bits), family)
  }
  return isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Addresses whose failures are remembered; the oldest make way. */
const ADDRESSES_MAX = 10_000

/** What is counted in this process: connections, and failures of addresses. */
export class Counts {
  readonly #limits: DropBoxLimits
  readonly #clock: () => number
  readonly #connections = new Map<string, number>()
  readonly #failures = new Map<string, { count: number; since: number }>()
  #all = 0

  /** @param clock milliseconds, which never go back */
  constructor(limits: DropBoxLimits, clock: () => number) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Whether one more connection may be; then it counts until `leave`. */
  enter(address: string): boolean {
    const { connectionsMax, addressConnectionsMax } = this.#limits
    if (this.#all >= connectionsMax || this.isBlocked(address)) return false
    if (!this.#add(`address ${address}`, addressConnectionsMax)) return false
    this.#all += 1
    return true
  }

  leave(address: string): void {
    this.#all -= 1
    this.#remove(`address ${address}`)
  }

  enterAccount(userName: string): boolean {
    return this.#add(`account ${userName}`, this.#limits.accountConnectionsMax)
  }

  leaveAccount(userName: string): void {
    this.#remove(`account ${userName}`)
  }

  noteFailure(address: string): void {
    const now = this.#clock()
    const before = this.#failures.get(address)
    const isOver = before === undefined || now - before.since > this.#limits.blockSecondsMax * 1000
    const { count, since } = isOver ? { count: 0, since: now } : before
    this.#failures.delete(address)
    if (this.#failures.size >= ADDRESSES_MAX) {
      for (const [oldest] of this.#failures) {
        this.#failures.delete(oldest)
        break
      }
    }
    // Blocked from the last failure on.
    const isLast = count + 1 >= this.#limits.addressFailuresMax
    this.#failures.set(address, { count: count + 1, since: isLast ? now : since })
  }

  isBlocked(address: string): boolean {
    const failed = this.#failures.get(address)
    if (failed === undefined || failed.count < this.#limits.addressFailuresMax) return false
    if (this.#clock() - failed.since <= this.#limits.blockSecondsMax * 1000) return true
    this.#failures.delete(address)
    return false
  }

  #add(key: string, max: number): boolean {
    const count = this.#connections.get(key) ?? 0
    if (count >= max) return false
    this.#connections.set(key, count + 1)
    return true
  }

  #remove(key: string): void {
    const count = (this.#connections.get(key) ?? 1) - 1
    if (count === 0) this.#connections.delete(key)
    else this.#connections.set(key, count)
  }
}
