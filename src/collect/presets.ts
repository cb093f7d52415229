import { RollcallError } from '../errors.ts'
import type { Kind } from './settings.ts'

/** What is known of how a system hands out its data, as far as it is known publicly. The rest is to be filled in. */
export interface CollectorPreset {
  readonly name: string
  readonly title: string
  readonly kind: Kind
  readonly settings: { readonly [name: string]: unknown }
  /** What the customer fills in: a setting or secret, and where to get it. */
  readonly fill: readonly { readonly name: string; readonly from: string }[]
  /** What is known about the deliveries, and what was not found out. */
  readonly known: readonly string[]
  readonly unknown: readonly string[]
  /** Rules to begin with. */
  readonly rules: string
}

export const COLLECTOR_PRESETS: readonly CollectorPreset[] = [
  {
    name: 'sftp',
    title: 'A file on an SFTP server',
    kind: 'sftp',
    settings: {},
    fill: [
      { name: 'host', from: 'the supplier' },
      { name: 'user', from: 'the supplier' },
      { name: 'password or privateKey', from: 'the supplier, or a key pair of your own' },
      { name: 'folder', from: 'the supplier; unless files lie where the account begins' },
      { name: 'pattern', from: 'names of the files, such as export-*.xml' },
    ],
    known: [],
    unknown: [],
    rules: 'extends: ims\n',
  },
  {
    name: 'alvis',
    title: 'Alvis, register of adult education (GotIT)',
    kind: 'sftp',
    settings: { pattern: '*.xml', pick: 'newest' },
    fill: [
      { name: 'host', from: 'GotIT' },
      { name: 'user', from: 'GotIT, one for each customer' },
      { name: 'password or privateKey', from: 'GotIT' },
      { name: 'folder', from: 'GotIT' },
      { name: 'pattern', from: 'GotIT, if other files lie in the folder' },
    ],
    known: [
      'Alvis writes a file in IMS format (schools, students, staff, groups) to an SFTP server of GotIT, from where it is fetched.',
      'GotIT lets in only addresses that it knows: tell it the public address of this host.',
      'The personnummer is what persons are joined by, so it has to be exported; e-mail addresses are advised.',
      'A person is exported only if his begin and end dates are right and he is linked to a unit.',
      'Exported once a day, after working hours: fetch once in the night.',
    ],
    unknown: ['names of the files and folders; which userid type holds the personnummer'],
    rules:
      'extends: ims\ntimeZone: Europe/Stockholm\nnationalNumber:\n  from: [personNIN, NIN, key]\n  check: se\nphoneCountryCode: "+46"\n',
  },
  {
    name: 'adela',
    title: 'Adela, register of schools (Tersus)',
    kind: 'ftp',
    settings: { pattern: '*.xml', pick: 'newest', tls: 'explicit' },
    fill: [
      { name: 'host', from: 'Tersus' },
      { name: 'user', from: 'Tersus, one for each customer' },
      { name: 'password', from: 'Tersus' },
      { name: 'folder', from: 'the section of the customer on the server' },
      { name: 'tls', from: 'off, if the server does not encrypt: agree with the customer first' },
    ],
    known: [
      'Adela writes an XML file every night to its own FTP server, into a section for each customer: schools, students, teachers, teaching groups.',
    ],
    unknown: [
      'whether the XML is IMS Enterprise. Ask Tersus for that; rollcall check says what a file is. Rules map its words, not another structure',
      'whether the server encrypts',
    ],
    rules:
      'extends: ims\ntimeZone: Europe/Stockholm\nnationalNumber:\n  from: [personNIN, NIN, key]\n  check: se\nphoneCountryCode: "+46"\n',
  },
  {
    name: 'ist',
    title: 'IST Administration (EduCloud), by its SS12000 interface',
    kind: 'ss12000',
    settings: {
      daysBefore: 10,
      daysAfter: 10,
      excludeProtected: true,
      guardians: true,
    },
    fill: [
      { name: 'url', from: 'IST: the address of the customer, which ends in /v2.0 or the like' },
      { name: 'tokenUrl', from: 'IST' },
      { name: 'clientId', from: 'IST, together with clientSecret' },
      { name: 'clientSecret', from: 'IST' },
      {
        name: 'scope',
        from: 'IST: standard, activities, duties, groups, placements; civicno and email if they may be read',
      },
      {
        name: 'schoolUnits',
        from: 'units that are active and marked "Till LMS" in IST; the interface does not say which these are',
      },
    ],
    known: [
      'Consumers take units with "Aktiv enhet" and "Till LMS" set, and leave out persons with protected identity.',
      'Customary windows: compulsory and upper secondary school 10 days before and after; adult education: pupils 1 before and 0 after, groups 10 and 10.',
    ],
    unknown: ['which of the optional parts of SS12000 a customer has'],
    rules: 'extends: ss12000\n',
  },
  {
    name: 'ist-client',
    title: 'IST (Extens), by its client program on this host',
    kind: 'program',
    settings: {},
    fill: [
      { name: 'program', from: 'its name in ROLLCALL_PROGRAMS_FILE, where the operator lists it' },
      { name: 'password', from: 'IST, if the client wants one (it finds it in ROLLCALL_PASSWORD)' },
    ],
    known: [
      'The client is installed by the operator, runs here as an account of its own and fetches the data itself.',
      'Unit filter ("Till LMS"), date windows and protected persons are set in the client or in IST.',
    ],
    unknown: ['in which format a client writes: rollcall check says what a file is'],
    rules:
      'extends: ims\ntimeZone: Europe/Stockholm\nnationalNumber:\n  from: [personNIN, NIN, key]\n  check: se\nphoneCountryCode: "+46"\n',
  },
]

/** @throws RollcallError ERR_NOT_FOUND with the names that there are. */
export function presetNamed(name: string): CollectorPreset {
  const found = COLLECTOR_PRESETS.find((preset) => preset.name === name)
  if (found !== undefined) return found
  const names = COLLECTOR_PRESETS.map((preset) => preset.name).join(', ')
  throw new RollcallError('ERR_NOT_FOUND', `There is no preset ${name}`, {
    hint: `There are: ${names}.`,
  })
}
