/**
 * The closed lists of IMS Enterprise 1.1 and the words that senders write instead. Keys are in lower case:
 * reading ignores case everywhere.
 */

export const RECSTATUS: ReadonlyMap<string, 1 | 2 | 3> = new Map([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['add', 1],
  ['update', 2],
  ['delete', 3],
])

export const SOURCEDID_TYPES: ReadonlyMap<string, 'New' | 'Old' | 'Duplicate'> = new Map([
  ['new', 'New'],
  ['old', 'Old'],
  ['duplicate', 'Duplicate'],
])

/** `role/@roletype`: the two digits, and every word that stands for them. */
export const ROLE_TYPES: ReadonlyMap<string, string> = new Map([
  ['01', '01'],
  ['02', '02'],
  ['03', '03'],
  ['04', '04'],
  ['05', '05'],
  ['06', '06'],
  ['07', '07'],
  ['08', '08'],
  ['learner', '01'],
  ['instructor', '02'],
  ['contentdeveloper', '03'],
  ['content developer', '03'],
  ['member', '04'],
  ['manager', '05'],
  ['mentor', '06'],
  ['administrator', '07'],
  ['teachingassistant', '08'],
  ['teaching assistant', '08'],
])

export const ID_TYPES: ReadonlyMap<string, 1 | 2> = new Map([
  ['1', 1],
  ['2', 2],
  ['person', 1],
  ['group', 2],
])

/** `role/status`; what is deleted (Blackboard's 2) is not active either. */
export const STATUSES: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['0', false],
  ['2', false],
  ['active', true],
  ['inactive', false],
  ['true', true],
  ['false', false],
])

export const TEL_TYPES: ReadonlyMap<string, 1 | 2 | 3 | 4> = new Map([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['4', 4],
  ['voice', 1],
  ['fax', 2],
  ['mobile', 3],
  ['pager', 4],
])

export const RELATIONS: ReadonlyMap<string, 1 | 2 | 3> = new Map([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['parent', 1],
  ['child', 2],
  ['knownas', 3],
  ['also-known-as', 3],
  ['alsoknownas', 3],
])

/** IMS counts the other way round than ISO/IEC 5218: 1 is female. */
export const GENDERS: ReadonlyMap<string, '0' | '1' | '2'> = new Map([
  ['0', '0'],
  ['1', '1'],
  ['2', '2'],
  ['unknown', '0'],
  ['female', '1'],
  ['male', '2'],
])

function byLowerCase(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(words.map((word) => [word.toLowerCase(), word]))
}

export const SYSTEM_ROLES = byLowerCase([
  'SysAdmin',
  'SysSupport',
  'Creator',
  'AccountAdmin',
  'User',
  'None',
])

export const INSTITUTION_ROLES = byLowerCase([
  'Student',
  'Faculty',
  'Staff',
  'Alumni',
  'ProspectiveStudent',
  'Guest',
  'Other',
  'Administrator',
  'Observer',
])

function inOrder(names: string): ReadonlyMap<string, number> {
  return new Map(names.split(' ').map((name, rank) => [name, rank]))
}

/** Order of children in the standard; PIFU's is the same with some left out. */
export const ORDER = {
  properties: inOrder('comments datasource target type datetime extension'),
  person: inOrder(
    'comments sourcedid userid name demographics email url tel adr photo systemrole institutionrole datasource extension',
  ),
  name: inOrder('fn sort nickname n'),
  n: inOrder('family given other prefix suffix partname'),
  demographics: inOrder('gender bday disability'),
  adr: inOrder('pobox extadd street locality region pcode country'),
  group: inOrder(
    'comments sourcedid grouptype description org timeframe enrollcontrol email url relationship datasource extension',
  ),
  grouptype: inOrder('scheme typevalue'),
  description: inOrder('short long full'),
  org: inOrder('orgname orgunit type id'),
  enrollcontrol: inOrder('enrollaccept enrollallowed'),
  timeframe: inOrder('begin end adminperiod'),
  membership: inOrder('comments sourcedid member'),
  role: inOrder(
    'subrole status userid comments datetime timeframe interimresult finalresult email datasource extension',
  ),
} as const
