import { isIP } from 'node:net'
import path from 'node:path'
import { Client, type FileInfo, FTPError } from 'basic-ftp'
import { RollcallError } from '../errors.ts'
import type { Fetcher, Job } from './contract.ts'
import { connectionFailure, failure, type Step } from './failure.ts'
import { fetchFiles, meantFiles, type RemoteFile, type RemoteFolder } from './files.ts'
import type { Incoming } from './incoming.ts'
import { ASKED_MAX } from './limits.ts'
import { addressesOf } from './reach.ts'

/** Bytes of one listing. */
const LISTING_BYTES_MAX = 8 * 1024 ** 2
const NOT_LOGGED_IN = 530
const UNAVAILABLE = 550
const NEEDS_TLS: readonly number[] = [522, 534]

/** Files of an FTP server; passive transfers alone, to the host itself. */
export const ftpFetcher: Fetcher<'ftp'> = {
  async test(job) {
    const { host } = job.settings
    await job.reach(host)
    const found = await addressesOf(host)
    job.say('resolve', `${host} has ${found.length} addresses`)
    const folder = await open(job)
    const files = await meantFiles(folder, job)
    job.say('files', `${files.length} files of this name`)
    for (const { name, bytes } of files.slice(-10)) job.say('files', `${name}, ${bytes} bytes`)
  },
  async *fetch(job) {
    yield* fetchFiles(await open(job), job)
  },
}

async function open(job: Job<'ftp'>): Promise<RemoteFolder> {
  const { settings, secrets, deadline, reach, say } = job
  const { host, tls, user, folder, ca } = settings
  const port = settings.port ?? (tls === 'implicit' ? 990 : 21)
  deadline.at('connect')
  const address = await reach(host)
  const client = new Client(0, {
    // An address that the server names is not gone to: it could be anybody's.
    allowSeparateTransferHost: false,
    maxListingBytes: LISTING_BYTES_MAX,
  })
  deadline.onEnd(() => client.close())
  // The library sends TLS options to data connections, too.
  const secure = {
    // What it connects to, before the host that is asked for.
    host: address ?? host,
    ...(address === undefined || isIP(host) !== 0 ? {} : { servername: host }),
    minVersion: 'TLSv1.2' as const,
    ...(ca === undefined ? {} : { ca }),
  }
  try {
    if (tls === 'implicit') await client.connectImplicitTLS(address ?? host, port, secure)
    else await client.connect(address ?? host, port)
    say('connect', `${host} port ${port} answers`)
    deadline.at('trust')
    if (tls === 'explicit') await client.useTLS(secure)
  } catch (error) {
    throw ftpFailure(error, 'connect')
  }
  say('trust', tls === 'off' ? 'nothing is encrypted' : 'its certificate is accepted')
  deadline.at('sign in')
  try {
    await client.login(user, secrets['password'] ?? '')
    await client.useDefaultSettings()
  } catch (error) {
    throw ftpFailure(error, 'sign in')
  }
  say('sign in', `${user} is let in`)
  deadline.at('folder')
  try {
    await client.cd(folder)
  } catch (error) {
    throw ftpFailure(error, 'folder')
  }
  say('folder', `${folder} can be read`)
  return folderOf(client, deadline.alive)
}

function folderOf(client: Client, alive: () => void): RemoteFolder {
  const step = async <T>(at: Step, work: () => Promise<T>): Promise<T> => {
    try {
      const value = await work()
      alive()
      return value
    } catch (error) {
      throw ftpFailure(error, at)
    }
  }
  const timed = async (file: RemoteFile): Promise<RemoteFile> => {
    try {
      const modifiedAt = (await client.lastMod(file.name)).getTime()
      alive()
      return { ...file, modifiedAt }
    } catch (error) {
      // A server that does not know MDTM, or a file that is gone, which is seen when it is looked at.
      if (error instanceof FTPError) return file
      throw ftpFailure(error, 'files')
    }
  }
  return {
    list: () =>
      step('files', async () => {
        const listed = await client.list()
        return listed.filter(({ isFile }) => isFile).map(fileOf)
      }),
    async dated(files) {
      if (files.every(({ modifiedAt }) => modifiedAt !== undefined)) return files
      if (files.length > ASKED_MAX) {
        const what = `${files.length} files would have to be asked for their time, one by one`
        throw failure('ERR_FETCH_LIMIT', 'files', what, {
          hint: 'Give a narrower pattern, or set order=name.',
        })
      }
      const dated: RemoteFile[] = []
      for (const file of files) dated.push(await timed(file))
      return dated
    },
    async look(name) {
      try {
        const bytes = await client.size(name)
        alive()
        return await timed({ name, bytes, modifiedAt: undefined })
      } catch (error) {
        if (error instanceof FTPError && error.code === UNAVAILABLE) return undefined
        throw ftpFailure(error, 'files')
      }
    },
    read: (name, into) => step('fetch', () => read(client, name, into, alive)),
    remove: (name) => step('fetch', async () => void (await client.remove(name))),
    move: (name, into) =>
      step('fetch', async () => void (await client.rename(name, path.posix.join(into, name)))),
  }
}

/** What the file refused is what it failed with: the library would only say that the transfer broke. */
async function read(
  client: Client,
  name: string,
  into: Incoming,
  alive: () => void,
): Promise<void> {
  let refusal: Error | undefined
  const stream = into.stream(alive)
  stream.on('error', (error) => (refusal ??= error))
  try {
    await client.downloadTo(stream, name)
  } catch (error) {
    throw refusal ?? error
  }
}

function fileOf({ name, size, modifiedAt }: FileInfo): RemoteFile {
  return { name, bytes: size, modifiedAt: modifiedAt?.getTime() }
}

function ftpFailure(error: unknown, step: Step): RollcallError {
  if (error instanceof RollcallError) return error
  if (!(error instanceof FTPError)) return connectionFailure(error, step)
  const { code } = error
  if (NEEDS_TLS.includes(code) || (code === NOT_LOGGED_IN && step === 'connect')) {
    return failure('ERR_FETCH_NOT_TRUSTED', 'trust', `it wants another encryption (${code})`, {
      hint: 'See the setting tls: explicit, implicit or off.',
      cause: error,
    })
  }
  if (step === 'sign in') {
    return failure('ERR_FETCH_SIGN_IN', step, `user or password was not accepted (${code})`, {
      hint: 'A server that lets nobody in without encryption says the same: see the setting tls.',
      cause: error,
    })
  }
  if (step === 'connect' || step === 'trust') {
    return failure('ERR_FETCH_NOT_TRUSTED', 'trust', `it does not encrypt as set (${code})`, {
      hint: 'See the setting tls: explicit, implicit or off.',
      cause: error,
    })
  }
  const what = code === UNAVAILABLE ? 'is not there, or may not be read or changed' : 'was refused'
  const which = step === 'folder' ? 'the folder' : 'the file'
  return failure('ERR_FETCH_FAILED', step, `${which} ${what} (${code})`, { cause: error })
}
