import { RollcallError } from '../errors.ts'

/** Longest address that mail servers take (RFC 5321, 4.5.3.1.3). */
const ADDRESS_CHARACTERS_MAX = 254

/** @throws RollcallError ERR_USAGE for anything but one address without a name. */
export function checkAddress(address: string): void {
  const isPlain =
    /^[^\s@<>",;:\\[\]()\p{C}]+@[^\s@<>",;:\\[\]()\p{C}]+\.[^\s@<>",;:\\[\]()\p{C}]+$/u
  if (isPlain.test(address) && address.length <= ADDRESS_CHARACTERS_MAX) return
  throw new RollcallError('ERR_USAGE', 'This is not a plain address', {
    hint: 'One address such as it@kommun.example, without a name.',
  })
}
