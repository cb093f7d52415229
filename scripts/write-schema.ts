/** Writes docs/rules.schema.json from the schema of rules files; a test holds that the two agree. */
import { writeFileSync } from 'node:fs'
import { rulesJsonSchema } from '../src/rules/schema.ts'

const file = new URL('../docs/rules.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(rulesJsonSchema(), null, 2)}\n`)
