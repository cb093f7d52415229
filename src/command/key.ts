import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { replaceSealed, sealedValues } from '../store/sealed-values.ts'
import { sealing, storedKey } from '../store/sealed.ts'
import { withDatabase } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { sealedFor } from './sealed-for.ts'

/** `rollcall key change`: every secret is encrypted anew, with the key in a file. */
export async function runKeyChange(
  file: string,
  { json }: { readonly json?: boolean },
): Promise<void> {
  const keyFile = path.resolve(file)
  // Whoever seals makes a key where there is none; here that would be a typing error.
  if (storedKey({ key: undefined, keyFile }) === undefined) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${keyFile} is not there`, {
      hint: 'It has to hold the new key. To make one: head -c 32 /dev/urandom | base64',
    })
  }
  const secrets = await withDatabase(async ({ config, database }) => {
    const { open } = sealing(config)
    const { seal } = sealing({ key: undefined, keyFile })
    const values = await database.operator(sealedValues)
    const changes = values.map((value) => {
      const purpose = sealedFor(value)
      return {
        value,
        sealed: seal(open(value.sealed, purpose, value.siteId), purpose, value.siteId),
      }
    })
    // Also where there is no secret yet: the new key is one.
    seal('', 'trial', 0)
    await replaceSealed(database, changes)
    return changes.length
  })
  if (json === true) printJson({ secrets })
  else {
    printLines([
      `Secrets encrypted anew: ${secrets}`,
      bold(
        `Put the key in ${keyFile} where the old one was (ROLLCALL_KEY_FILE or ROLLCALL_KEY) now.`,
      ),
    ])
  }
}
