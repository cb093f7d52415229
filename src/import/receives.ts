import { RollcallError } from '../errors.ts'
import { partIsOn } from '../roster/parts.ts'
import type { Session } from '../store/connect.ts'
import { siteSettings } from '../store/periods.ts'

/** Whether a site takes deliveries. */
export async function receives(session: Session, siteId: number): Promise<boolean> {
  return partIsOn(await siteSettings(session, siteId), 'receive')
}

/** @throws RollcallError ERR_PART_OFF where it does not */
export async function mustReceive(session: Session, siteId: number): Promise<void> {
  if (await receives(session, siteId)) return
  throw new RollcallError('ERR_PART_OFF', 'The site does not take deliveries', {
    hint: 'rollcall sites set NAME --receive on lets it.',
  })
}
