import { writeDelivery } from '../../src/demo/delivery.ts'
import { describeNight } from '../../src/demo/night.ts'
import { DEMO_STYLES, type DemoStyle } from '../../src/demo/style.ts'
import { abcBytes, groupId, numbers, personId, unit } from '../import/abc-deliveries.ts'
import { GOOD } from '../import/good-file.ts'

/** A delivery without fault. */
export interface GoodFile {
  readonly name: string
  readonly bytes: Buffer
  /** A rules file that reads it, where it is not the usual one. */
  readonly rules?: string
}

async function demo(style: DemoStyle): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const options = {
    seed: 4,
    dateTime: '2026-09-01T02:00:00',
    persons: 20,
    personsPerClass: 12,
    coursesPerClass: 0,
    schools: 1,
    rich: style.dialect === 'pifu',
  }
  await writeDelivery(
    describeNight(options),
    style,
    (chunk) => void chunks.push(Buffer.from(chunk)),
  )
  return Buffer.concat(chunks)
}

const bySixteen = (text: string): Buffer => Buffer.from(text, 'utf16le')
const declared = (encoding: string): string => GOOD.replace('UTF-8', encoding)

/** As Cerebrum and FS write: a document type, ISO-8859-1, userids with types, levels on schemes, `Duplicate` ids. */
function cerebrum(): Buffer {
  const text = declared('ISO-8859-1')
    .replace(
      '<enterprise>',
      '<!DOCTYPE enterprise PUBLIC "IMS Enterprise/LMS Interoperability DTD" "http://dtd.invalid/ims_epv1p1.dtd">\n<enterprise>',
    )
    .replaceAll('<userid>', '<userid useridtype="Logon name" authenticationtype="LDAP">')
    .replaceAll(
      /<scheme>SATS<\/scheme><typevalue level="(.)">/g,
      '<scheme level="$1">SATS</scheme><typevalue>',
    )
  return Buffer.from(text, 'latin1')
}

/** As Banner writes: recstatus 0, terms as groups, cross-lists of groups. */
function banner(): Buffer {
  const term =
    '<group recstatus="0"><sourcedid><source>SATS</source><id>H26</id></sourcedid><grouptype><scheme>Luminis</scheme><typevalue level="1">Term</typevalue></grouptype><description><short>Autumn</short></description></group>\n'
  const merged =
    '<membership><sourcedid><source>SATS</source><id>S</id></sourcedid><type>merge</type><member><sourcedid><source>SATS</source><id>A</id></sourcedid><idtype>2</idtype><role roletype="02"><status>1</status></role></member></membership>\n'
  return Buffer.from(
    GOOD.replaceAll('<person>', '<person recstatus="0">')
      .replace('<membership>', `${term}<membership>`)
      .replace('</enterprise>', `${merged}</enterprise>`),
  )
}

/** Everything that a reader has to find its way past: comments, CDATA, instructions, references, hidden tags. */
function commented(): Buffer {
  return Buffer.from(
    GOOD.replaceAll('</person>', '<?keep </person> ?></person>\n<!-- between -->')
      .replaceAll('<name>', '<!-- </person> --><name>')
      .replaceAll(/<short>([^<]*)</g, '<short><![CDATA[$1</group>]]><')
      .replaceAll('<email>', '<email>&#x61;&amp;')
      .replaceAll('<role ', '<!-- a role --><role '),
  )
}

function abc(): Buffer {
  const [one = '', two = '', three = ''] = numbers(3)
  return abcBytes({
    units: [
      { id: '010000', name: 'Fakultet for språk' },
      { id: '010100', parent: '010000' },
    ],
    persons: [one, two, three].map((number) => ({
      ids: [
        ['NO_BIRTHNO', number],
        ['NO_STUDNO', `5${number.slice(0, 5)}`],
      ] as const,
      family: 'Øyen',
    })),
    groups: [
      { type: 'kullgroup', id: 'K26', description: 'Kull 2026' },
      { type: 'uegroup', id: 'U1' },
    ],
    relations: [
      { type: 'kull-ou', subject: unit('010100'), objects: [groupId('K26', 'kullgroup')] },
      {
        type: 'kull-people',
        subject: groupId('K26', 'kullgroup'),
        objects: [personId(one), personId(two)],
      },
      { type: 'ue-people', subject: groupId('U1', 'uegroup'), objects: [personId(three)] },
    ],
  })
}

const ABC_RULES = 'extends: abc\n'

/** Good files of every dialect and encoding, a few kilobytes each. */
export const GOOD_FILES: readonly GoodFile[] = [
  { name: 'ims 1.1', bytes: Buffer.from(GOOD) },
  {
    name: 'ims 1.01, in capitals',
    bytes: Buffer.from(GOOD.replaceAll(/<\/?[a-z]+/g, (tag) => tag.toUpperCase())),
  },
  { name: 'ims with comments, CDATA and instructions', bytes: commented() },
  { name: 'cerebrum', bytes: cerebrum() },
  { name: 'banner', bytes: banner() },
  { name: 'utf-16le with a mark', bytes: bySixteen(`\ufeff${declared('UTF-16')}`) },
  { name: 'utf-16be with a mark', bytes: bySixteen(`\ufeff${declared('UTF-16')}`).swap16() },
  { name: 'utf-16le without one', bytes: bySixteen(declared('UTF-16LE')) },
  { name: 'iso-8859-15', bytes: Buffer.from(declared('ISO-8859-15'), 'latin1') },
  { name: 'windows-1252 that nobody declares', bytes: Buffer.from(GOOD, 'latin1') },
  {
    name: 'utf-8 with a mark and DOS line ends',
    bytes: Buffer.from(`\ufeff${GOOD.replaceAll('\n', '\r\n')}`),
  },
  { name: 'abc-enterprise', bytes: abc(), rules: ABC_RULES },
  ...(await Promise.all(
    Object.entries(DEMO_STYLES).map(async ([name, style]) => ({
      name: `demo, ${name}`,
      bytes: await demo(style),
    })),
  )),
]
