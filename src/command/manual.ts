import { addGroup, addPerson, remove } from '../correction/manual.ts'
import { addMember, removeMember } from '../correction/members.ts'
import { reopenCourse, restorePerson } from '../correction/put-away.ts'
import type { GroupKind } from '../roster/group.ts'
import type { Role } from '../roster/membership.ts'
import type { Profile } from '../roster/person.ts'
import { type HandOptions, runByHand } from './by-hand.ts'
import { kindOf } from './corrections.ts'

export interface AddOptions extends HandOptions {
  readonly set: { readonly [field: string]: string }
}

export async function runAddPerson(
  options: AddOptions & { readonly profile: Profile },
): Promise<void> {
  const { set, profile } = options
  await runByHand(
    options,
    (request) => addPerson({ ...request, profile, values: set }),
    ({ id }) => ({ id }),
  )
}

export async function runAddGroup(
  kind: GroupKind,
  options: AddOptions & { readonly under?: string },
): Promise<void> {
  const { set, under } = options
  await runByHand(
    options,
    (request) =>
      addGroup({ ...request, kind, values: set, ...(under === undefined ? {} : { under }) }),
    ({ id }) => ({ id }),
  )
}

export async function runRemove(
  name: string,
  options: HandOptions & { readonly kind?: 'person' | 'group'; readonly unlock?: boolean },
): Promise<void> {
  const { unlock = false } = options
  await runByHand(options, (request) => remove({ ...request, name, unlock, ...kindOf(options) }))
}

export async function runMemberAdd(
  group: string,
  person: string,
  options: HandOptions & { readonly role: Role; readonly begin?: string; readonly end?: string },
): Promise<void> {
  const { role, begin, end } = options
  await runByHand(options, (request) =>
    addMember({
      ...request,
      group,
      person,
      role,
      ...(begin === undefined ? {} : { begin }),
      ...(end === undefined ? {} : { end }),
    }),
  )
}

export async function runMemberRemove(
  group: string,
  person: string,
  options: HandOptions & { readonly unlock?: boolean },
): Promise<void> {
  const { unlock = false } = options
  await runByHand(options, (request) => removeMember({ ...request, group, person, unlock }))
}

export async function runBinRestore(name: string, options: HandOptions): Promise<void> {
  await runByHand(options, (request) => restorePerson({ ...request, name }))
}

export async function runArchiveReopen(name: string, options: HandOptions): Promise<void> {
  await runByHand(options, (request) => reopenCourse({ ...request, name }))
}
