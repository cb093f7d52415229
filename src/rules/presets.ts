import { ABC } from './presets/abc.ts'
import { BANNER } from './presets/banner.ts'
import { CEREBRUM_FS } from './presets/cerebrum-fs.ts'
import { COLLEAGUE } from './presets/colleague.ts'
import { FRONTER } from './presets/fronter.ts'
import { ITSLEARNING_GERMANY } from './presets/itslearning-germany.ts'
import { PIFU } from './presets/pifu.ts'
import { SITS } from './presets/sits.ts'
import { SS12000 } from './presets/ss12000.ts'
import { VIGOBAS } from './presets/vigobas.ts'
import type { PresetName, RulesFile } from './schema.ts'

/** What each preset says over `ims`, the one under them all. */
export const PRESETS: { readonly [name in PresetName]: RulesFile } = {
  ims: {},
  pifu: PIFU,
  vigobas: VIGOBAS,
  'cerebrum-fs': CEREBRUM_FS,
  fronter: FRONTER,
  banner: BANNER,
  sits: SITS,
  colleague: COLLEAGUE,
  'itslearning-germany': ITSLEARNING_GERMANY,
  abc: ABC,
  ss12000: SS12000,
}
