/**
 * A process of its own that uses the embedded database: `HOME [SHELTER]`. Says `joined`, and what it was told, on its
 * standard output; leaves when its standard input ends.
 */
import { once } from 'node:events'
import { joinEmbedded } from '../../src/store/embedded.ts'
import { RollcallError } from '../../src/errors.ts'

const [home = '', shelter = ''] = process.argv.slice(2)
try {
  const embedded = await joinEmbedded(home, {
    notice: (line) => console.log(`notice ${line}`),
    ...(shelter === '' ? {} : { shelter }),
  })
  console.log(`joined ${embedded.socketFolder}`)
  process.stdin.resume()
  await once(process.stdin, 'end')
  await embedded.leave()
  console.log('left')
} catch (error) {
  if (!(error instanceof RollcallError)) throw error
  console.log(`refused ${error.code} ${error.message} | ${error.hint}`)
}
