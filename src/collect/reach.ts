import { lookup } from 'node:dns/promises'
import { isPrivate } from '../private-address.ts'
import { connectionFailure, failure } from './failure.ts'

/**
 * Where a collector may connect to. Gives the very address that was looked at, which is then connected to: a name cannot lead
 * to another by then. Undefined where any will do.
 * @throws RollcallError ERR_FETCH_PRIVATE, ERR_FETCH_UNREACHABLE
 */
export type Reach = (host: string) => Promise<string | undefined>

/** Of a collector that was set on the machine: its operator knows what stands in his networks. */
export const anywhere: Reach = () => Promise.resolve(undefined)

/** Of one that was set over the API: hosts of the internet alone. */
export const publicOnly: Reach = async (host) => {
  const found = await addressesOf(host)
  if (found.some(({ address }) => isPrivate(address))) {
    throw failure('ERR_FETCH_PRIVATE', 'resolve', 'the host stands in a private network', {
      hint: 'Set over the API it may not reach there. The operator of the machine sets it there, or ROLLCALL_COLLECTORS_PRIVATE=allow.',
    })
  }
  return (found.find(({ family }) => family === 4) ?? found[0])?.address
}

/** Of one that was set over the API, as the operator of the machine allows it. */
export function reachOverApi(mayReachPrivate: boolean): Reach {
  return mayReachPrivate ? anywhere : publicOnly
}

/** All addresses of a host. @throws RollcallError ERR_FETCH_UNREACHABLE */
export function addressesOf(
  host: string,
): Promise<readonly { readonly address: string; readonly family: number }[]> {
  return lookup(host.replaceAll(/[[\]]/g, ''), { all: true }).catch((error: unknown) => {
    throw connectionFailure(error, 'resolve')
  })
}
