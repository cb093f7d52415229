import type { Part } from '../part.ts'
import { tendUntil } from './start.ts'
import { Watcher, type WatchOptions } from './watch.ts'

/** Starts to look at the watched folders of all sources, every few seconds: network mounts tell nobody of changes. */
export function startWatching(options: Omit<WatchOptions, 'clock'>): Promise<Part> {
  const watcher = new Watcher({ ...options, clock: () => performance.now() })
  const stopped = new AbortController()
  const watching = tendUntil(stopped.signal, () => watcher.look(), options.onError)
  return Promise.resolve({
    name: 'watched folders',
    // What is being taken is taken: half of it would be done again.
    async stop() {
      stopped.abort()
      await watching
      await watcher.end().catch(options.onError)
    },
  })
}
