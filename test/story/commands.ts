/** Runs `./rollcall` as people do: as a process of its own, on a database of the story's own. Nothing else. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Embedded, joinEmbedded } from '../../src/store/embedded.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')

export interface Ended {
  /** Null when a signal ended it. */
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

/** What `--json` prints: an object whose parts are whatever the test that looks at them says. */
export type Json = Readonly<Record<string, unknown>>

/** What a command with `--json` printed, and how it ended. */
export interface Answer {
  readonly exit: number | null
  readonly json: Json
}

export interface Started {
  /** Settles when the process says this on standard error. */
  says(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** A folder with a database, a site and deliveries for it. */
export class Story {
  readonly #folder: string
  readonly #site: string
  #deliveries = 0
  #held: Embedded | undefined

  constructor(site = 'default', folder = makeFolder()) {
    this.#folder = folder
    this.#site = site
  }

  /** ROLLCALL_HOME of its commands. */
  get home(): string {
    return path.join(this.#folder, 'home')
  }

  /**
   * Keeps the database running from one command to the next, as it does where others use it: for stories that are not about
   * its start and end, a sixth of their time. Nothing in it has to outlive the machine.
   */
  async hold(): Promise<void> {
    mkdirSync(this.home, { recursive: true })
    const settings = { fsync: 'off', full_page_writes: 'off' }
    this.#held = await joinEmbedded(this.home, { settings })
  }

  /** Another site of the same database, empty. */
  async site(name: string): Promise<Story> {
    assert.equal((await this.start(['sites', 'create', name]).ended).exit, 0)
    return new Story(name, this.#folder)
  }

  /** Writes a delivery; gives the file. */
  write(content: string | Buffer): string {
    this.#deliveries++
    const file = path.join(this.#folder, `${this.#site}-${this.#deliveries}.xml`)
    writeFileSync(file, content)
    return file
  }

  start(args: readonly string[]): Started {
    const { DATABASE_URL: _server, DATABASE_OWNER_URL: _owner, ...environment } = process.env
    const child = spawn(ROLLCALL, args, {
      env: { ...environment, ROLLCALL_HOME: this.home, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit) => resolve({ exit, out, err }))
    })
    return {
      says: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (err.includes(text)) resolve()
          }
          child.stderr.on('data', look)
          child.on('close', () => reject(new Error(`ended without saying ${text}:\n${err}${out}`)))
          look()
        }),
      kill: (signal) => child.kill(signal),
      ended,
    }
  }

  /** Starts a command on this site. */
  startHere(...args: readonly string[]): Started {
    return this.start([...args, '--site', this.#site])
  }

  /** Runs a command on this site to its end. */
  run(...args: readonly string[]): Promise<Ended> {
    return this.startHere(...args).ended
  }

  /** Runs a command with `--json`; anything but one object on standard output is a failure. */
  async ask(...args: readonly string[]): Promise<Answer> {
    const { exit, out, err } = await this.run(...args, '--json')
    assert.notEqual(out, '', err)
    return { exit, json: JSON.parse(out) as Json }
  }

  /** The rows of a `roster` list. */
  async roster(...args: readonly string[]): Promise<readonly Json[]> {
    const { json } = await this.ask('roster', ...args, '--limit', '100000')
    return json['rows'] as Json[]
  }

  /** Removes everything, once the last command has stopped the database. */
  async end(): Promise<void> {
    await this.#held?.leave({ wait: true })
    const pids = path.join(this.#folder, 'home/**/postmaster.pid')
    for (let tries = 0; tries < 200 && globSync(pids).length > 0; tries++) await wait(50)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Short, for a socket lies below it; open, for as root the database runs as somebody else. */
function makeFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-story-'))
  chmodSync(folder, 0o711)
  return folder
}
