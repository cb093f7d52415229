import type { Place, RecordKind } from '../roster/record.ts'
import type { Problem } from '../roster/problem.ts'

/**
 * What a delivery says, element by element, before any rule: names after IMS Enterprise 1.1 and PIFU-IMS.
 * Text is decoded and trimmed; an empty element is the same as an absent one.
 */

export interface ImsSourcedId {
  /** The file's datasource where the element is missing. */
  readonly source: string
  readonly id: string
  readonly type?: 'New' | 'Old' | 'Duplicate'
}

export interface ImsUserId {
  readonly value: string
  readonly type?: string
  readonly authenticationType?: string
}

export interface ImsInstitutionRole {
  readonly type: string
  readonly primary: boolean
}

/** A way to reach somebody, with the name that its file gives it (ABC-Enterprise): rules say what it is. */
export interface ImsContact {
  readonly type: string
  readonly value: string
}

export interface ImsTel {
  readonly value: string
  /** 1 voice, 2 fax, 3 mobile, 4 pager; words are read as their numbers. */
  readonly type: 1 | 2 | 3 | 4
}

/** A relation as the element says it: `word` is `parent`, `child`, `guardian`, `nextOfKin` …, in lower case. */
export interface ImsRelationship {
  /** `relationship` (itslearning): the word names the person who carries it. `contact` (PIFU): it names the other. */
  readonly form: 'relationship' | 'contact'
  readonly word: string
  readonly sourcedId: ImsSourcedId
}

/** What every element of the three kinds has. */
export interface ImsRecord {
  readonly place: Place
  /** Bytes of the whole element. */
  readonly length: number
  /** 1 add, 2 update, 3 delete. */
  readonly recstatus?: 1 | 2 | 3
  readonly sourcedIds: readonly ImsSourcedId[]
  /** XML of everything that has no field here, one piece an element; comments and blanks between elements left out. */
  readonly extension: readonly string[]
  /** Warnings and notices about this element. An element that cannot be used is a Problem of its own, never a record. */
  readonly problems: readonly Problem[]
}

export interface ImsPerson extends ImsRecord {
  readonly kind: 'person'
  readonly userIds: readonly ImsUserId[]
  readonly fn?: string
  readonly sort?: string
  readonly nickname?: string
  readonly family?: string
  readonly given?: string
  readonly other?: string
  readonly prefix?: string
  readonly suffix?: string
  readonly gender?: '0' | '1' | '2'
  /** As written; rules turn it into a date. */
  readonly bday?: string
  readonly email?: string
  readonly url?: string
  readonly tels: readonly ImsTel[]
  readonly contacts?: readonly ImsContact[]
  /** Types of the relations in which the person stands; only where rules ask (ABC-Enterprise). */
  readonly relationTypes?: readonly string[]
  readonly pobox?: string
  readonly extadd?: string
  readonly street?: string
  readonly locality?: string
  readonly region?: string
  readonly pcode?: string
  readonly country?: string
  readonly photo?: string
  readonly systemRole?: string
  readonly institutionRoles: readonly ImsInstitutionRole[]
  readonly relationships: readonly ImsRelationship[]
  readonly preferredLanguage?: string
  /** `pifu_status type="activeInactive"` and `pupilStatus`, as written. */
  readonly statuses: readonly string[]
  /** NS 4170 `pifu_privacy`: something of this person must not be shown or passed on. */
  readonly private: boolean
}

export interface ImsGroupType {
  readonly scheme: string
  readonly level: string
  readonly value: string
}

export interface ImsGroupLink {
  readonly relation: 1 | 2 | 3
  readonly label: string
  readonly sourcedId: ImsSourcedId
}

export interface ImsTimeframe {
  /** As written; rules turn it into a date. */
  readonly begin?: string
  readonly end?: string
  readonly adminPeriod?: string
}

export interface ImsGroup extends ImsRecord {
  readonly kind: 'group'
  readonly types: readonly ImsGroupType[]
  readonly short?: string
  readonly long?: string
  readonly full?: string
  readonly timeframe: ImsTimeframe
  readonly email?: string
  readonly url?: string
  readonly contacts?: readonly ImsContact[]
  readonly orgName?: string
  readonly orgUnits: readonly string[]
  readonly orgNumber?: string
  readonly enrollAccept?: string
  readonly enrollAllowed?: string
  readonly links: readonly ImsGroupLink[]
  /** Course data found in the extension (`course`, `course/title`, `course/code`, in any spelling seen). */
  readonly courseTitle?: string
  readonly courseCode?: string
}

export interface ImsRole {
  /** In ABC-Enterprise the type of the relation. Else two digits, `01`–`08`, where the word or number is known; else as written; '' where it is missing. */
  readonly roleType: string
  readonly recstatus?: 1 | 2 | 3
  readonly subrole?: string
  readonly active: boolean
  readonly timeframe: ImsTimeframe
  readonly extension: readonly string[]
}

export interface ImsMember {
  readonly place: Place
  readonly sourcedId: ImsSourcedId
  readonly idtype: 1 | 2
  /** Empty where the member has none. Members that are written alike share the object. */
  readonly roles: readonly ImsRole[]
}

export interface ImsMembership extends ImsRecord {
  readonly kind: 'membership'
  /** `sourcedIds[0]` names the group. */
  readonly members: readonly ImsMember[]
  /** Banner's cross-list: `<type>merge</type>`. */
  readonly type?: string
}

export interface ImsProperties {
  readonly place: Place
  readonly lang?: string
  readonly datasource?: string
  readonly targets: readonly string[]
  readonly type?: string
  /** As written. */
  readonly datetime?: string
  readonly problems: readonly Problem[]
}

/** What kind of file this is, known before the first record. */
export interface ImsFrame {
  readonly encoding:
    'utf-8' | 'iso-8859-1' | 'iso-8859-15' | 'windows-1252' | 'utf-16le' | 'utf-16be'
  readonly declaredEncoding?: string
  /** Local name of the root as written. */
  readonly root: string
  readonly namespace: string
  /** `ims-1.1`, `ims-1.01` (upper case), `pifu-0.9` … `pifu-1.3`, `ns4170`, `unknown-namespace`, `abc-enterprise`. */
  readonly dialect: string
  readonly problems: readonly Problem[]
}

/** How a delivery is meant: absence means something only in a full one. */
export type DeliveryType = 'full' | 'delta' | 'event'

/** Where the reader hands what it finds, in file order. */
export interface ImsSink {
  frame(frame: ImsFrame): void
  properties(properties: ImsProperties): void
  /** The element's bytes are those of a record accepted earlier: nothing of it was tokenised. */
  known(kind: RecordKind, slot: number, place: Place, length: number): void
  person(person: ImsPerson, raw: RawFingerprint): void
  group(group: ImsGroup, raw: RawFingerprint): void
  membership(membership: ImsMembership, raw: RawFingerprint): void
  /** What is wrong with a record that cannot be used, or with the file. */
  problem(problem: Problem): void
}

/** 128 bits of an element's bytes, as two xxHash64 with different seeds. */
export interface RawFingerprint {
  readonly high: bigint
  readonly low: bigint
}

/** The mirror's raw fingerprints, looked up while indexing. */
export interface KnownRecords {
  /** Slot of the record of this kind with these bytes, or -1. */
  find(kind: RecordKind, high: bigint, low: bigint): number
  /** Whether any record of this kind can be found. */
  has(kind: RecordKind): boolean
}
