import type { GroupRecord } from '../roster/group.ts'
import type { MemberRecord } from '../roster/membership.ts'
import type { JoinAttribute, PersonRecord } from '../roster/person.ts'
import type { Problem } from '../roster/problem.ts'
import type {
  DeliveryType,
  ImsGroup,
  ImsMember,
  ImsMembership,
  ImsPerson,
  ImsProperties,
  ImsSourcedId,
} from '../ims/records.ts'
import type { AbcRules } from '../ims/abc/file.ts'
import type { RecordKind } from '../roster/record.ts'
import type { NumberCountry } from './national-number.ts'

/** A record as the rules read it, or why it is not in the roster. */
export type Reading<R> =
  | {
      readonly outcome: 'taken'
      readonly record: R
      /** The key it had before (`sourcedidtype="Old"` beside New). */
      readonly oldKey?: string
      /** Further keys that it says it has (`sourcedidtype="Duplicate"`). */
      readonly aliases?: readonly string[]
      /** recstatus 3 in a delta or event delivery. */
      readonly deleted: boolean
      /** Warnings and notices: the record is taken all the same. */
      readonly problems: readonly Problem[]
    }
  /** Rules leave it out: counted, not a problem. Its key is still known so that lists do not call it unknown. */
  | { readonly outcome: 'notTaken'; readonly key: string; readonly problems: readonly Problem[] }
  | { readonly outcome: 'setAside'; readonly key?: string; readonly problem: Problem }

/** A source's rules, compiled once (`rules/compile.ts`). Pure: the same record gives the same reading. */
export interface Rules {
  /** Changes whenever any rule changes: part of the context fingerprint. */
  readonly hash: string
  /** Kinds that a full delivery of this source carries; the others are left alone ("kompakt"). */
  readonly carries: readonly RecordKind[]
  /** Kinds of which records are taken at all. */
  readonly takes: readonly RecordKind[]
  /** Attribute by which persons are joined to those of other sources. */
  readonly joinBy: JoinAttribute | undefined
  readonly targets: readonly string[]
  readonly timeZone: string
  /** Which relation names the parent, or 'detect': a decision about the whole file. */
  readonly parentRelation: 1 | 2 | 'detect'
  /** Whether a field that was sent and no longer is goes to the user with its value, or is cleared. */
  readonly absentField: 'keep' | 'clear'
  /** Countries whose national numbers may be sent; none where numbers are not checked. */
  readonly numberCountries: readonly NumberCountry[]
  /** Whether a member with role mentor in a mentor group is the mentor of its learners. */
  readonly mentors: boolean
  /** What the reader must know of the rules for files whose records have several ids. */
  readonly abc: AbcRules
  /** Makes a username for a person without one, from a pattern; undefined where rules give none. `attempt` counts from 1. */
  username(person: PersonRecord, attempt: number): string | undefined
  deliveryType(properties: ImsProperties): DeliveryType | Problem
  /** The sync key of what this names: the trimmed id, or source and id where the rules say so. */
  key(sourcedId: ImsSourcedId): string
  person(person: ImsPerson, delivery: DeliveryType): Reading<PersonRecord>
  group(group: ImsGroup, delivery: DeliveryType): Reading<GroupRecord>
  /** The group's key; undefined where the list names none. */
  listKey(membership: ImsMembership): string | undefined
  /** `deleted` when every role has recstatus 3 in a delta or event delivery. */
  member(member: ImsMember, delivery: DeliveryType): Reading<MemberRecord>
}
