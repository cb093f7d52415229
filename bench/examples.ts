/** Writes the example deliveries anew: `node bench/examples.ts` after a change of the generator. */
import { join } from 'node:path'
import { writeDeliveryFile } from '../src/demo/delivery.ts'
import { EXAMPLES } from '../src/demo/examples.ts'
import { describeNight } from '../src/demo/night.ts'
import { styleNamed } from '../src/demo/style.ts'

const folder = join(import.meta.dirname, '..', 'examples')
for (const [file, options] of Object.entries(EXAMPLES)) {
  await writeDeliveryFile(describeNight(options), styleNamed('plain'), join(folder, file))
}
