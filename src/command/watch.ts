import { statSync } from 'node:fs'
import path from 'node:path'
import type { Config } from '../config.ts'
import { FLAG_CHARACTERS_MAX, WATCH_QUIET_SECONDS } from '../dropbox/limits.ts'
import { isPattern } from '../dropbox/names.ts'
import { RollcallError } from '../errors.ts'
import type { WatchSettings } from '../store/watched-folders.ts'
import type { SourceSetOptions } from './sources.ts'

/** What the options make of a source's watched folder; undefined where they say nothing of it. */
export function watchChange(
  before: WatchSettings | undefined,
  { watch, watchNames, watchQuiet, watchFlag }: SourceSetOptions,
  { home, deliveriesFolder }: Pick<Config, 'home' | 'deliveriesFolder'>,
): WatchSettings | null | undefined {
  if (watch === false) return null
  const isAsked = [watch, watchNames, watchQuiet, watchFlag].some((each) => each !== undefined)
  if (!isAsked) return undefined
  const folder = watch === undefined ? before?.folder : path.resolve(watch)
  if (folder === undefined) throw wrong('Give --watch FOLDER, too')
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw wrong(`${folder} is no folder`)
  }
  for (const own of [home, deliveriesFolder]) {
    const isInside = [path.relative(own, folder), path.relative(folder, own)].some(
      (way) => !way.startsWith('..') && !path.isAbsolute(way),
    )
    if (isInside) throw wrong('A folder with data of Rollcall cannot be watched')
  }
  const names = watchNames ?? before?.names ?? '*'
  if (!isPattern(names))
    throw wrong('The names are a pattern such as *.xml: no slash, at most 5 stars')
  const flag = watchFlag === 'off' ? undefined : (watchFlag ?? before?.flag)
  const isEnding = /^[\p{L}\p{N}._-]+$/u
  if (flag !== undefined && !(isEnding.test(flag) && flag.length <= FLAG_CHARACTERS_MAX)) {
    throw wrong(`The ending of a flag is such as .done, at most ${FLAG_CHARACTERS_MAX} characters`)
  }
  const quietSeconds = watchQuiet ?? before?.quietSeconds ?? WATCH_QUIET_SECONDS.normal
  return { folder, names, quietSeconds, ...(flag === undefined ? {} : { flag }) }
}

export function watchLines(watch: WatchSettings | undefined): string[] {
  if (watch === undefined) return []
  const { folder, names, quietSeconds, flag } = watch
  const when =
    flag === undefined
      ? quietSeconds === 0
        ? 'as soon as they are there'
        : `when nothing changes for ${quietSeconds} s`
      : `when NAME${flag} is there`
  return [`Watched folder: ${folder}, names ${names}, complete ${when}`]
}

function wrong(message: string): RollcallError {
  return new RollcallError('ERR_USAGE', message)
}
