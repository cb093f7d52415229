import type { ImsPerson, ImsSourcedId } from '../ims/records.ts'
import { leaf } from '../ims/xml.ts'
import type { Person } from './ss12000-things.ts'

const GENDER: { readonly [sex: string]: '1' | '2' } = { Kvinna: '1', Man: '2' }

/** A person as IMS Enterprise has him. */
export function imsPerson(
  person: Person,
  more: {
    readonly isPupil: boolean
    readonly isStaff: boolean
    readonly guardians: readonly string[]
    readonly sourcedId: (id: string) => ImsSourcedId
    readonly isMarked: boolean
  },
): ImsPerson {
  const { id, givenName, middleName, familyName, birthDate, sex, securityMarking } = person
  const names = [givenName, middleName, familyName].filter((name) => name != null && name !== '')
  const email = emailOf(person)
  const gender = GENDER[sex ?? '']
  return {
    kind: 'person',
    place: 0,
    length: 0,
    problems: [],
    sourcedIds: [more.sourcedId(id)],
    userIds: userIdsOf(person),
    fn: names.join(' '),
    ...(familyName == null ? {} : { family: familyName }),
    ...(givenName == null ? {} : { given: givenName }),
    ...(middleName == null ? {} : { other: middleName }),
    ...(gender === undefined ? {} : { gender }),
    ...(birthDate == null ? {} : { bday: birthDate.slice(0, 10) }),
    ...(email === undefined ? {} : { email }),
    tels: (person.phoneNumbers ?? []).map(({ value, mobile }) => ({
      value,
      type: mobile === true ? 3 : 1,
    })),
    ...addressOf(person),
    institutionRoles: rolesOf(more).map((type, index) => ({ type, primary: index === 0 })),
    relationships: more.guardians.map((guardian) => ({
      form: 'relationship',
      word: 'guardian',
      sourcedId: more.sourcedId(guardian),
    })),
    statuses: [],
    private: false,
    extension: more.isMarked ? [leaf('securityMarking', securityMarking ?? '')] : [],
  }
}

/** Whoever works at a school is staff first, also where he studies or has children at one. */
function rolesOf({
  isStaff,
  isPupil,
}: {
  readonly isStaff: boolean
  readonly isPupil: boolean
}): string[] {
  const roles = [...(isStaff ? ['Staff'] : []), ...(isPupil ? ['Student'] : [])]
  return roles.length === 0 ? ['Carer'] : roles
}

function userIdsOf({ eduPersonPrincipalNames, civicNo }: Person): ImsPerson['userIds'] {
  const names = (eduPersonPrincipalNames ?? []).map((value) => ({
    value,
    type: 'eduPersonPrincipalName',
  }))
  if (civicNo == null) return names
  const isSwedish = civicNo.nationality == null || /^(?:SE|SWE)$/i.test(civicNo.nationality)
  return [...names, { value: civicNo.value, type: isSwedish ? 'personNIN' : 'foreignNIN' }]
}

/** The address of school or work before a private one. */
function emailOf({ emails }: Person): string | undefined {
  const all = emails ?? []
  return (all.find(({ type }) => type != null && type !== 'Privat') ?? all[0])?.value
}

function addressOf({
  addresses,
}: Person): Pick<ImsPerson, 'street' | 'locality' | 'pcode' | 'country'> {
  const all = addresses ?? []
  const address = all.find(({ type }) => type?.startsWith('Folkbokföring')) ?? all[0]
  if (address === undefined) return {}
  const { streetAddress, locality, postalCode, country } = address
  return {
    ...(streetAddress == null ? {} : { street: streetAddress }),
    ...(locality == null ? {} : { locality }),
    ...(postalCode == null ? {} : { pcode: `${postalCode}` }),
    ...(country == null ? {} : { country }),
  }
}
