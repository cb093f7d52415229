import type { Command } from 'commander'
import type { BackupOptions } from './backup.ts'

/** `backup`, `restore` and `key`. */
export function declareBackup(program: Command): void {
  program
    .command('backup')
    .summary('back up everything')
    .description(
      'Writes database and deliveries, as of one moment, into a folder that is not there yet; the service goes on meanwhile. The\n' +
        'key of secrets is not in it unless you say so: keep a copy elsewhere.',
    )
    .argument('<folder>', 'the folder that becomes the backup')
    .option('--with-key', 'put the key of secrets into it: then whoever has the backup has them')
    .option('--check', 'write nothing: look whether the backup in the folder is whole')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall backup /srv/backup/rollcall-$(date +%F)')
    .action(async (folder: string, options: BackupOptions) =>
      (await import('./backup.ts')).runBackup(folder, options),
    )
  program
    .command('restore')
    .summary('restore a backup')
    .description(
      'Restores a backup into an empty installation, once all of it was checked, and brings it to the version of this program.\n' +
        'With a server, DATABASE_OWNER_URL is needed. Stop the service before.',
    )
    .argument('<folder>', 'the backup')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall restore /srv/backup/rollcall-2026-11-27')
    .action(async (folder: string, options: { readonly json?: boolean }) =>
      (await import('./restore.ts')).runRestore(folder, options),
    )
  const key = program
    .command('key')
    .summary('change the key of secrets')
    .description(
      'The key that passwords of collectors and keys of webhooks and of the drop box are encrypted with.',
    )
    .addHelpText('after', '\nExample:\n  rollcall key change new-key')
  key
    .command('change')
    .description(
      'Encrypts every secret anew with the key in a file, all of them or none. Stop the service before, and put the new key where\n' +
        'the old one was after it.',
    )
    .argument('<file>', 'a file with the new key: 32 bytes in base64')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  rollcall key change new-key')
    .action(async (file: string, options: { readonly json?: boolean }) =>
      (await import('./key.ts')).runKeyChange(file, options),
    )
}
