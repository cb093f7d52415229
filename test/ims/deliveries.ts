import * as fc from 'fast-check'

/** A small delivery with one of everything that the scan has to find its way past. */
export const SMALL = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE enterprise SYSTEM "ims_epv1p1.dtd">
<enterprise>
  <!-- made by hand </person> -->
  <properties lang="sv"><datasource>SATS</datasource><datetime>2026-11-22T02:00:00</datetime></properties>
  <person recstatus="1"><sourcedid><source>SATS</source><id>P1</id></sourcedid><name><fn>Åsa Ö</fn></name></person>
  <person><sourcedid><source>SATS</source><id>P2</id></sourcedid><!-- </person> --><name><fn>B<![CDATA[</person>]]></fn></name></person >
  <group><sourcedid><source>SATS</source><id>G1</id></sourcedid><description><short>1A</short></description></group>
  <membership><sourcedid><source>SATS</source><id>G1</id></sourcedid><member><sourcedid><source>SATS</source><id>P1</id></sourcedid><idtype>1</idtype><role roletype="01"><status>1</status></role></member></membership>
  <?made by hand?>
</enterprise>
<!-- the end -->
`

const blank = fc.constantFrom('', ' ', '\n', '\r\n  ', '\t')
const text = fc.constantFrom(
  'A',
  'Åsa',
  'B &amp; C',
  'x<!-- </person> -->y',
  '<![CDATA[</group>]]>',
  '😀',
  'a]]b',
)
const key = fc.integer({ min: 1, max: 9 }).map(String)
const aside = fc.constantFrom(
  '',
  '',
  '<!-- <person> -->',
  '<?go </membership> ?>',
  '<other><person/></other>',
  'stray',
  '<comments>c</comments>',
)
const sourcedId = (prefix: string): fc.Arbitrary<string> =>
  key.map((id) => `<sourcedid><source>S</source><id>${prefix}${id}</id></sourcedid>`)

const person = fc
  .tuple(
    sourcedId('P'),
    text,
    blank,
    fc.constantFrom('person', 'PERSON', 'Person'),
    fc.constantFrom('', ' ', '\n'),
  )
  .map(
    ([id, name, gap, tag, end]) =>
      `<${tag}>${gap}${id}${gap}<name><fn>${name}</fn></name></${tag}${end}>`,
  )
const group = fc
  .tuple(sourcedId('G'), text)
  .map(([id, title]) => `<group>${id}<description><short>${title}</short></description></group>`)
const membership = fc
  .tuple(sourcedId('G'), fc.array(fc.tuple(sourcedId('P'), text), { maxLength: 3 }))
  .map(([id, members]) => {
    const list = members.map(
      ([member, title]) =>
        `<member>${member}<idtype>1</idtype><role roletype="01"><subrole>${title}</subrole><status>1</status></role></member>`,
    )
    return `<membership>${id}${list.join('\n')}</membership>`
  })
const broken = fc.constantFrom(
  '<person/>',
  '<person><name/></person>',
  '<group a="/>"/>',
  '<membership></membership>',
)

/** Deliveries of which nothing is refused, though some records are set aside. */
export const delivery = fc
  .tuple(
    fc.constantFrom(
      '',
      '<?xml version="1.0"?>\n',
      '\ufeff<?xml version="1.0" encoding="utf-8"?>',
      '<!-- <enterprise> -->',
    ),
    fc.array(fc.tuple(fc.oneof(person, group, membership, person, broken), blank, aside), {
      maxLength: 12,
    }),
    blank,
  )
  .map(
    ([head, items, tail]) =>
      `${head}<enterprise><properties><datasource>S</datasource></properties>${items.flat().join('')}</enterprise>${tail}`,
  )
