/** Network namespaces that stand for hosts: each with a loopback of its own and one cable to here. Linux, as root. */
import { spawnSync } from 'node:child_process'

export interface Host {
  /** The address of this side of its cable. */
  readonly here: string
  /** Runs a command on it. */
  readonly prefix: readonly string[]
  /** Takes the cable out: nothing is said to either side. Undefined where there is none. */
  readonly cut: (() => void) | undefined
  /** Puts it in again. */
  readonly join: () => void
}

/** Processes on this host, where there cannot be others. */
export function oneHost(count: number): readonly Host[] {
  const here = { here: '127.0.0.1', prefix: [], cut: undefined, join: () => {} }
  return Array.from({ length: count }, () => here)
}

const made: string[] = []

/** Makes so many hosts; the reason where that is not possible here. */
export function makeHosts(count: number): readonly Host[] | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'needs root on Linux, for network namespaces'
  }
  if (spawnSync('ip', ['-V']).status !== 0) return 'needs the package iproute2'
  try {
    return Array.from({ length: count }, (_, n) => makeHost(n))
  } catch (error) {
    removeHosts()
    return `needs network namespaces (${(error as Error).message})`
  }
}

function makeHost(n: number): Host {
  const name = `rc${process.pid}h${n}`
  // Of a network that nobody has: 10.192 to 10.255.
  const net = `10.${192 + (process.pid % 64)}.${n}`
  const [here, address] = [`${net}.1`, `${net}.2`]
  const cable = `rc${process.pid}v${n}`
  ip('netns', 'add', name)
  made.push(name)
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', `${cable}p`)
  ip('link', 'set', `${cable}p`, 'netns', name)
  ip('addr', 'add', `${here}/24`, 'dev', cable)
  ip('link', 'set', cable, 'up')
  ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', `${cable}p`)
  ip('-n', name, 'link', 'set', `${cable}p`, 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  // From the other end, so that this one's address and routes stay.
  const set = (state: string): void => ip('-n', name, 'link', 'set', `${cable}p`, state)
  return {
    here,
    prefix: ['ip', 'netns', 'exec', name],
    cut: () => set('down'),
    join: () => set('up'),
  }
}

/** Takes all of them away; their cables go with them. Nothing may run on them any more. */
export function removeHosts(): void {
  for (const name of made.splice(0)) spawnSync('ip', ['netns', 'del', name])
}

function ip(...words: readonly string[]): void {
  const done = spawnSync('ip', words, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(done.stderr.trim() || `ip ${words.join(' ')} failed`)
}
