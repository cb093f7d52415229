import { COLLECTOR_PRESETS, type CollectorPreset, presetNamed } from '../collect/presets.ts'
import type { PresetOptions } from './collectors.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'

export function runCollectorPresets(name: string | undefined, options: PresetOptions): void {
  if (name === undefined) {
    if (options.json === true) printJson({ presets: COLLECTOR_PRESETS })
    else {
      const columns = ['preset', 'kind', ''].map((heading) => ({ heading }))
      const rows = COLLECTOR_PRESETS.map((preset) => [preset.name, preset.kind, preset.title])
      printLines(tableLines(columns, rows, bold))
    }
    return
  }
  const preset = presetNamed(name)
  if (options.json === true) printJson(preset)
  else printLines(presetLines(preset))
}

function presetLines({
  name,
  title,
  kind,
  settings,
  fill,
  known,
  unknown,
  rules,
}: CollectorPreset): string[] {
  const part = (heading: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)]
  return [
    `${bold(name)} (${kind}): ${title}`,
    ...part('What is known', known),
    ...part('Not known', unknown),
    ...part(
      'Set by the preset',
      Object.entries(settings).map(([key, value]) => `${key} = ${String(value)}`),
    ),
    ...part(
      'To be filled in',
      fill.map((each) => `${each.name}: ${each.from}`),
    ),
    ...part(
      'Rules to begin with (rollcall sources set SOURCE --rules FILE)',
      rules.trim().split('\n'),
    ),
  ]
}
