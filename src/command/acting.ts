import { AsyncLocalStorage } from 'node:async_hooks'
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { type Actor, commandLineActor } from '../access/actor.ts'
import { audited, type Detail, noteInAudit } from '../access/audit.ts'
import { RollcallError } from '../errors.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'

/**
 * Commands that change nothing, or nothing that is kept for anybody, with why. Every other command is in the audit log: one
 * that is new is, too, until it is listed here.
 */
export const UNAUDITED: { readonly [command: string]: string } = {
  check: 'reads a file',
  plan: 'a dry run',
  runs: 'reads',
  run: 'reads',
  'announce list': 'reads',
  waiting: 'reads',
  'arrivals list': 'reads',
  'roster persons': 'reads',
  'roster groups': 'reads',
  'roster courses': 'reads',
  'roster memberships': 'reads',
  'roster relations': 'reads',
  'roster bin': 'reads',
  'roster archive': 'reads',
  explain: 'reads',
  drift: 'reads',
  'recipients list': 'reads',
  'collectors list': 'reads',
  'collectors presets': 'reads',
  'collectors show': 'reads',
  'dropbox show': 'reads, and makes the keys of this machine where there are none yet',
  'dropbox accounts list': 'reads',
  'dropbox accounts show': 'reads',
  'contacts list': 'reads',
  'mail list': 'reads',
  'mail test': 'sends one mail, and changes nothing',
  'mail bounce': 'writes into the log itself, of the site of whom it marks',
  'webhooks list': 'reads',
  'webhooks test': 'makes one call, and changes nothing',
  'accounts list': 'reads',
  'tokens list': 'reads',
  'audit list': 'reads',
  'audit verify': 'reads',
  'audit erase': 'writes into the logs itself, without the name that goes',
  'sites list': 'reads',
  'sites show': 'reads',
  'sources list': 'reads',
  'sources show': 'reads',
  serve: 'runs until it is stopped; what it does is in the list of runs',
  worker: 'the same',
  migrate: 'the log itself may not be there yet; the table migrations says what was run when',
  'demo generate': 'writes a file',
}

/** The command that is run, as commander has understood it. */
interface CommandNow {
  command?: Command
}

const storage = new AsyncLocalStorage<CommandNow>()

/** Runs a command line; `note` is told the command before its action begins. */
export function actingAs<T>(work: (note: (command: Command) => void) => Promise<T>): Promise<T> {
  const now: CommandNow = {}
  return storage.run(now, () => work((command) => (now.command = command)))
}

/** The words that name a command, without the program's own. */
export function pathOf(command: Command): string {
  const { parent } = command
  return parent === null || parent.parent === null
    ? command.name()
    : `${pathOf(parent)} ${command.name()}`
}

/** Who acts: the account of `--as`, with its password, else the user of the machine. */
export async function actorNow(database: Database): Promise<Actor> {
  const user = commandLineActor(process.env, () => userInfo().username)
  const name = storage.getStore()?.command?.opts()['as'] as unknown
  if (typeof name !== 'string') return user
  const { authenticatePassword } = await import('../access/sign-in.ts')
  const { readSecret } = await import('./secret-input.ts')
  const password = await readSecret(`Password of ${name}: `)
  const result = await authenticatePassword(database, { name, password }, new Date())
  if ('actor' in result) return result.actor
  const of = { siteId: INSTALLATION, actor: user, action: 'sign in' }
  const note = { ...of, detail: { refused: result.because }, values: { account: name } }
  await noteInAudit(database, note, () => new Date())
  throw new RollcallError('ERR_SIGN_IN_REFUSED', 'Account or password is wrong', {
    hint: 'After several wrong passwords an account is locked for a while: rollcall accounts list shows it.',
  })
}

/** Does the work of the command that is run: with entries in the audit log of the site, if it changes anything. */
export function inAudit<T>(
  database: Database,
  siteId: number,
  actor: Actor,
  work: () => Promise<T>,
): Promise<T> {
  const command = storage.getStore()?.command
  if (command === undefined || !isAudited(command)) return work()
  const action = pathOf(command)
  const now = (): Date => new Date()
  return audited({ database, siteId, actor, action, values: wordsOf(command), now }, work, detailOf)
}

function isAudited(command: Command): boolean {
  const path = pathOf(command)
  const options = command.opts()
  // Without --retry it does what the service does by itself all the time.
  if (path === 'mail send') return options['retry'] === true
  return !(path in UNAUDITED) && options['dryRun'] !== true
}

const SECRET = /password|secret|token|key-?file/i

/** What the command was told: arguments by their names, options that were given. Never a secret. */
function wordsOf(command: Command): Detail {
  const { processedArgs, registeredArguments } = command
  const told = registeredArguments.map(
    (argument, at) => [argument.name(), processedArgs[at] as unknown] as const,
  )
  const given = command.options
    .map((option) => option.attributeName())
    .filter((name) => command.getOptionValueSource(name) === 'cli' && name !== 'json')
    .map((name) => [name, SECRET.test(name) ? true : (command.opts()[name] as unknown)] as const)
  const words = [...told, ...given].filter(([, value]) => value !== undefined)
  return { told: Object.fromEntries(words) }
}

/** Of what came of it: the run, and how it ended. */
function detailOf(result: unknown): Detail {
  const { report = result, runs } = asObject(result)
  if (Array.isArray(runs)) {
    return { runs: runs.map((each) => asObject(asObject(each)['report'])['run']) }
  }
  const { approval } = asObject(result)
  if (approval !== undefined) return { run: asObject(approval)['run'], outcome: 'approved' }
  const { run, outcome } = asObject(report)
  return {
    ...(typeof run === 'number' ? { run } : {}),
    ...(typeof outcome === 'string' ? { outcome } : {}),
  }
}

function asObject(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as Detail) : {}
}
