/**
 * Draws the ratios of a results file, each with its target, as SVG:
 *
 *     node bench/plot.ts docs/performance.json docs/performance.svg
 */
import fs from 'node:fs'
import { readResults, type Result } from './measure.ts'
import { TARGETS } from './targets.ts'

const [from, to] = process.argv.slice(2)
if (from === undefined || to === undefined)
  throw new Error('usage: bench/plot.ts RESULTS.json PLOT.svg')

const WIDTH = 860
const ROW = 30
const LEFT = 270
const RIGHT = 90
const TOP = 84
const BOTTOM = 46
/** The scale is logarithmic: half and double are equally far from 1. */
const LEAST = 0.1
const MOST = 10
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10]

const drawn = Object.keys(TARGETS).flatMap((row) =>
  readResults(from).filter(({ name }) => name === row),
)
const height = TOP + drawn.length * ROW + BOTTOM
fs.writeFileSync(to, svg(drawn))

function svg(results: readonly Result[]): string {
  const bottom = height - BOTTOM
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">How long commands take, as a multiple of what they are measured against, with targets</title>
<style>
  svg { --paper: #fff; --ink: #1c1f24; --soft: #626a75; --line: #dfe3e8; --met: #0b6e4f; --missed: #b3401f; font: 14px system-ui, sans-serif }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #14171c; --ink: #e8eaed; --soft: #a2abb8; --line: #333a44; --met: #4cc38a; --missed: #ff8f66 }
  }
  rect.paper { fill: var(--paper) } text { fill: var(--ink) } .soft { fill: var(--soft); font-size: 12px }
  .grid { stroke: var(--line) } .one { stroke: var(--soft) }
  .met { fill: var(--met); stroke: var(--met) } .missed { fill: var(--missed); stroke: var(--missed) }
  .value { stroke: none; font-weight: 600 } .target { stroke: var(--ink); stroke-width: 2 } .stretch { stroke: var(--soft); stroke-width: 2; stroke-dasharray: 3 3 }
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
<text x="20" y="30" font-weight="600">Time of whole commands, as a multiple of the peer's</text>
<text x="20" y="50" class="soft">Dot: median, line: least to most. Upright stroke: target; dashed: what would be liked. Left is faster.</text>
${TICKS.map((tick) => `<line class="${tick === 1 ? 'one' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP - 12}" y2="${bottom}"/><text class="soft" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${tick} ×</text>`).join('\n')}
${results.map(row).join('\n')}
</svg>
`
}

function row(result: Result, index: number): string {
  const { name, ratio, ratioMin, ratioMax, against } = result
  const target = TARGETS[name] ?? { most: 1 }
  const y = TOP + index * ROW + ROW / 2 - 6
  const state = ratio <= target.most ? 'met' : 'missed'
  const stroke = (kind: string, at: number): string =>
    `<line class="${kind}" x1="${x(at)}" x2="${x(at)}" y1="${y - 10}" y2="${y + 10}"/>`
  return `<text x="20" y="${y + 1}">${name.replace(/, × .*/, '')}</text><text class="soft" x="20" y="${y + 14}">× ${against}</text>
${stroke('target', target.most)}${target.stretch === undefined ? '' : stroke('stretch', target.stretch)}
<g class="${state}"><line stroke-width="3" x1="${x(ratioMin)}" x2="${x(ratioMax)}" y1="${y}" y2="${y}"/><circle cx="${x(ratio)}" cy="${y}" r="6"/><text class="${state} value" x="${WIDTH - RIGHT + 20}" y="${y + 5}">${ratio.toFixed(2)} ×</text></g>`
}

function x(ratio: number): number {
  const share = Math.log(Math.min(MOST, Math.max(LEAST, ratio)) / LEAST) / Math.log(MOST / LEAST)
  return Math.round((LEFT + share * (WIDTH - LEFT - RIGHT)) * 10) / 10
}
