/** What a site uses of the program: takes deliveries, keeps a register of its own, lets people sign in. */
export const PARTS = ['receive', 'register', 'portal'] as const
export type PartName = (typeof PARTS)[number]

export type PartSettings = { readonly [part in PartName]?: boolean }

/** Unless set: a site receives, and has neither register nor portal. */
const ON: { readonly [part in PartName]: boolean } = {
  receive: true,
  register: false,
  portal: false,
}

export function partIsOn(settings: { readonly parts?: PartSettings }, part: PartName): boolean {
  return settings.parts?.[part] ?? ON[part]
}
