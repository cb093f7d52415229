/**
 * The closed lists of PIFU-IMS, those of the newest version: a newer value under an older namespace is common
 * and means the same.
 */

export const PIFU_USERID_TYPES: ReadonlySet<string> = new Set([
  'personNIN',
  'personNINencrypted',
  'personLIN',
  'personFIN',
  'studentID',
  'workforceID',
  'username',
  'sisID',
  'feideID',
  'microsoftUPN',
])

export const PIFU_FILE_TYPES: ReadonlySet<string> = new Set(['full', 'delta', 'event'])

/** What a scheme calls its levels, from level 1 on. Scheme, level and value belong together; the schema cannot say so. */
export const PIFU_GROUP_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['pifu-ims-go-org', ['skoleeier', 'skole']],
  [
    'pifu-ims-go-grp',
    [
      'basisgruppe',
      'undervisningsgruppe',
      'kontaktlærergruppe',
      'trinn',
      'utdanningsprogram',
      'programområde',
      'fag',
      'foresattegruppe',
      'språkopplæring',
      'sammensattgruppe',
      'elevråd',
      'fau',
      'skoleutvalg',
      'skolemiljøutvalg',
      'sfo',
      'eksamensgruppe',
    ],
  ],
])

/** Subroles by roletype. Those of 01 are the letters of the VIGO manual: status in a subject or a programme. */
export const PIFU_SUBROLES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['01', new Set('ADEFIKLMNOPRSUV')],
  ['02', new Set(['faglærer', 'lærerstudent', 'vikar'])],
  [
    '04',
    new Set([
      'rådgiver',
      'kontormedarbeider',
      'skolehelsetjeneste',
      'skolebibliotekar',
      'vaktmester',
      'renholdsarbeider',
      'foresattrepresentant',
      'sosiallærer',
      'sensor',
      'pptansatt',
    ]),
  ],
  ['05', new Set(['rektor', 'inspektør'])],
  ['07', new Set(['iktansvarlig'])],
])

export const PIFU_ADMIN_PERIOD = /^[VH]*\d{4}(?:\/[VH]*\d{4})?$/
export const PIFU_TEL = /^\+\d+$/
export const PIFU_EMAIL = /^.+@[^.]+(?:\..+)+$/
export const PIFU_URL = /^[a-z]+:\/\/.+$/
