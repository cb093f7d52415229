import { RollcallError } from '../errors.ts'
import { historiesOf, historyJson } from '../shown/history.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { historyLines } from './render-history.ts'

export interface ExplainOptions {
  readonly site: string
  readonly limit: number
  readonly json?: boolean
}

export async function runExplain(key: string, options: ExplainOptions): Promise<void> {
  const histories = await withSite(options.site, ({ config, database, site }) => {
    const { deliveriesFolder } = config
    return historiesOf({ database, siteId: site.id, deliveriesFolder }, key, options.limit)
  })
  if (histories.length === 0) {
    throw new RollcallError('ERR_NOT_FOUND', 'Nothing has or had this key', {
      hint: 'rollcall roster persons --search TEXT and rollcall roster groups --search TEXT find keys.',
    })
  }
  if (options.json === true) printJson({ key, found: histories.map(historyJson) })
  else
    printLines(
      histories.flatMap((each, index) => [...(index > 0 ? [''] : []), ...historyLines(each)]),
    )
}
