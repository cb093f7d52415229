/** Words of nature and mood that stand for names: nobody is called so. Long lists, so that few share a name. */
export const GIVEN = (
  'Blid Frisk Glad Grønn Kjapp Klar Klok Kvikk Lun Lys Mild Modig Munter Nett Rask Rolig Rund Snar Spent ' +
  'Stille Søt Trygg Varm Våken Ærlig Øm Åpen Lätt Snäll Vänlig Öppen Härlig Fröjd Skön Livlig Nysgjerrig ' +
  'Fargerik Tankefull Oppvakt Pålitelig'
).split(' ')

const FAMILY_START =
  'Bjørke Eike Furu Gran Hassel Lønne Rogn Selje Einer Lyng Mose Bregne Tyttebær Blåbær Røsslyng Torv Älv Fjäll Äng Sjö Öre Måke Ærfugl'
const FAMILY_END =
  'lauv bark kvist kongle rot skygge duft kratt sti frø stubbe blad gren knopp spire høst'

export const FAMILY = FAMILY_START.split(' ').flatMap((start) =>
  FAMILY_END.split(' ').map((end) => start + end),
)

export const STREETS =
  'Konglestien Mosebakken Stubbeveien Frøgata Kvistvegen Älvstigen Öregränd'.split(' ')

/** School subjects with their short codes. */
export const SUBJECTS = [
  ['NOR', 'Norsk'],
  ['MAT', 'Matematikk'],
  ['ENG', 'Engelsk'],
  ['NAT', 'Naturfag'],
  ['SAM', 'Samfunnsfag'],
  ['KHV', 'Kunst & håndverk'],
  ['MUS', 'Musikk'],
  ['KRO', 'Kroppsøving'],
  ['MHE', 'Mat & helse'],
  ['KRL', 'Livssyn og etikk'],
  ['SPR', 'Fremmedspråk'],
  ['VAL', 'Valgfag'],
  ['PRO', 'Programmering'],
  ['SVE', 'Svenska för språkgrupper'],
] as const

export const SCHOOL_WORDS = 'Granli Älvdal Måsøy Solbakken Fjellbekk Ängsro Lyngmo Ørevik'.split(
  ' ',
)
