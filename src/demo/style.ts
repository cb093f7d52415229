import { RollcallError } from '../errors.ts'

/** How a delivery is spelt. What it says is the same in each. */
export interface DemoStyle {
  /** `pifu` is PIFU-IMS SAS 1.3; the others IMS Enterprise 1.1. */
  readonly dialect: 'ims' | 'pifu'
  /** Prefix of every element with its colon, or ''. */
  readonly prefix: string
  readonly namespace: string | undefined
  /** Line breaks and two blanks a level, or all on one line. */
  readonly pretty: boolean
  /** A `<membership>` element for each member in place of one for each list. */
  readonly membershipPerMember: boolean
  /** A comment before each element. */
  readonly comments: boolean
  readonly encoding: 'UTF-8' | 'ISO-8859-1'
}

const PLAIN: DemoStyle = {
  dialect: 'ims',
  prefix: '',
  namespace: undefined,
  pretty: true,
  membershipPerMember: false,
  comments: false,
  encoding: 'UTF-8',
}

export const DEMO_STYLES = {
  plain: PLAIN,
  /** Every element with a prefix, in the namespace of a vendor's schema. */
  prefixed: { ...PLAIN, prefix: 'ims:', namespace: 'http://tempuri.org/ims_epv1p1' },
  pifu: {
    ...PLAIN,
    dialect: 'pifu',
    namespace: 'http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-v1',
  },
  oneline: { ...PLAIN, pretty: false },
  member: { ...PLAIN, membershipPerMember: true },
  comments: { ...PLAIN, comments: true },
  latin1: { ...PLAIN, encoding: 'ISO-8859-1' },
} as const satisfies { readonly [name: string]: DemoStyle }
export type DemoStyleName = keyof typeof DEMO_STYLES

/** The style of that name. Throws ERR_USAGE and lists the names there are. */
export function styleNamed(name: string): DemoStyle {
  if (Object.hasOwn(DEMO_STYLES, name)) return DEMO_STYLES[name as DemoStyleName]
  throw new RollcallError('ERR_USAGE', 'There is no such style of delivery.', {
    hint: `The styles are ${Object.keys(DEMO_STYLES).join(', ')}.`,
  })
}
