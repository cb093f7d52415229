import { Command, CommanderError } from 'commander'
import { codeOf } from '../errors.ts'
import { actingAs, pathOf } from './acting.ts'
import { declareAccess } from './declare-access.ts'
import { declareCorrections } from './declare-corrections.ts'
import { declareAnnounce } from './declare-announce.ts'
import { declareCollectors } from './declare-collectors.ts'
import { declareAudit } from './declare-audit.ts'
import { declareBackup } from './declare-backup.ts'
import { declareContacts } from './declare-contacts.ts'
import { declareDeliveries } from './declare-deliveries.ts'
import { declareDropBox } from './declare-dropbox.ts'
import { declareMail } from './declare-mail.ts'
import { declareManual } from './declare-manual.ts'
import { declareModes } from './declare-modes.ts'
import { declareRetention } from './declare-retention.ts'
import { declareRoster } from './declare-roster.ts'
import { declareRuns } from './declare-runs.ts'
import { declareService } from './declare-service.ts'
import { declareSites } from './declare-sites.ts'
import { exitCodeOfFailure, failureText } from './failures.ts'
import { leaveUntaken } from './join-ahead.ts'
import { endOnClosedPipe } from './output.ts'
import { traced } from './traced.ts'
import { VERSION } from './version.ts'

const EXIT_CODES = `
Exit codes: 0 done, 1 broken operation, 2 wrong usage, 3 held by the safety filter, 4 refused,
5 done with something set aside or left, 6 kept and not looked at yet, 130 interrupted.

Settings come from the environment: ROLLCALL_HOME, DATABASE_URL and others; see docs/commands.md.`

/** The whole command line, as data for commander. What a command does is loaded when it is called. */
export function makeProgram(): Command {
  const program = new Command('rollcall')
  program
    .description('Keeps a roster in step with the school administrative system that owns the data.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help; each command has help of its own')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'rollcall: ')),
    })
    .showSuggestionAfterError()
  declareDeliveries(program)
  declareCollectors(program)
  declareRuns(program)
  declareModes(program)
  declareAnnounce(program)
  declareRoster(program)
  declareCorrections(program)
  declareManual(program)
  declareRetention(program)
  declareMail(program)
  declareAccess(program)
  declareDropBox(program)
  declareAudit(program)
  declareContacts(program)
  declareSites(program)
  declareService(program)
  declareBackup(program)
  inherit(program)
  return program
}

/** Commands of commands take errors the way the program does. */
function inherit(command: Command): void {
  for (const each of command.commands) {
    each.copyInheritedSettings(command)
    inherit(each)
  }
}

/** Runs one command line. Sets the exit code of the process; never throws. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  endOnClosedPipe()
  await traced(words, async (span) => {
    try {
      const program = makeProgram()
      if (words.length === 0) {
        program.outputHelp({ error: true })
        process.exitCode = 2
        return
      }
      await actingAs((note) => {
        program.hook('preAction', (_program, command) => {
          span.note({ command: pathOf(command) })
          note(command)
        })
        return program.parseAsync([...words], { from: 'user' })
      })
    } catch (thrown) {
      process.exitCode = exitCodeOfFailure(thrown)
      if (thrown instanceof CommanderError) return
      span.fail(codeOf(thrown))
      process.stderr.write(failureText(thrown, Boolean(process.env['ROLLCALL_DEBUG'])))
    } finally {
      await leaveUntaken()
    }
  })
}
