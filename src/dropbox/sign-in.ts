import type { AuthContext, PasswordAuthContext, PublicKeyAuthContext } from 'ssh2'
import { hashingIsBusy, passwordIs } from '../access/hashing.ts'
import type { Database } from '../store/connect.ts'
import { type DropBox, dropBoxOf, noteSignIn, noteWrongPassword } from '../store/drop-boxes.ts'
import { type Counts, isFrom } from './addresses.ts'
import { type DropBoxLimits, PASSWORD_CHARACTERS_MAX } from './limits.ts'
import { parsedKey } from './sender-keys.ts'

/** Said to everybody alike, so that nobody learns which accounts there are. */
const METHODS = ['publickey', 'password'] as const

export interface SignInOptions {
  readonly database: Database
  readonly limits: DropBoxLimits
  readonly counts: Counts
  readonly address: string
  readonly now: () => Date
  /** Ends the connection. */
  readonly end: () => void
}

/** The attempts of one connection to sign in. Unknown names cost the same work, and get the same answers, as known ones. */
export class SignIn {
  readonly #options: SignInOptions
  #attempts = 0
  #passwords = 0

  constructor(options: SignInOptions) {
    this.#options = options
  }

  /** Answers an attempt; gives the account once somebody is in. */
  async attempt(attempt: AuthContext): Promise<DropBox | undefined> {
    const { limits, end } = this.#options
    this.#attempts += 1
    if (this.#attempts > limits.attemptsMax) {
      end()
      return undefined
    }
    if (attempt.method === 'password') return this.#password(attempt)
    if (attempt.method === 'publickey') return this.#key(attempt)
    attempt.reject([...METHODS])
    return undefined
  }

  async #password(attempt: PasswordAuthContext): Promise<DropBox | undefined> {
    const { database, limits, counts, address, end } = this.#options
    this.#passwords += 1
    if (this.#passwords > limits.passwordsMax || hashingIsBusy()) {
      end()
      return undefined
    }
    const box = await dropBoxOf(database, attempt.username)
    const isShort = attempt.password.length <= PASSWORD_CHARACTERS_MAX
    const isRight =
      (await passwordIs(isShort ? attempt.password : '', box?.password ?? undefined)) && isShort
    // Strangers who guess do not lock the sender out of where he always comes from.
    const isKnown = box?.signedInFrom === address
    if (box !== undefined && isRight && this.#mayEnter(box) && (!box.isBlocked || isKnown)) {
      return this.#enter(attempt, box)
    }
    counts.noteFailure(address)
    // Answered before anything is noted of an account that there is: the time tells nothing.
    attempt.reject([...METHODS])
    if (box !== undefined && !isRight && !isKnown && !box.isBlocked) {
      const { accountFailuresMax: failuresMax, blockSecondsMax: seconds } = limits
      await database.site(box.siteId, (session) =>
        noteWrongPassword(session, box, { failuresMax, seconds }),
      )
    }
    return undefined
  }

  async #key(attempt: PublicKeyAuthContext): Promise<DropBox | undefined> {
    const { database, counts, address } = this.#options
    const box = await dropBoxOf(database, attempt.username)
    const data = attempt.key.data.toString('base64')
    const known = box?.keys.find((key) => key.data === data)
    const mayEnter = box !== undefined && known !== undefined && this.#mayEnter(box)
    if (mayEnter && attempt.signature === undefined) {
      // Only asked whether this key would do.
      attempt.accept()
      return undefined
    }
    if (mayEnter && isSigned(attempt, `${known.type} ${known.data}`))
      return this.#enter(attempt, box)
    // Programs offer all the keys that they have: that alone is no failure.
    if (attempt.signature !== undefined) counts.noteFailure(address)
    attempt.reject([...METHODS])
    return undefined
  }

  #mayEnter(box: DropBox): boolean {
    return box.lockedAt === null && isFrom(this.#options.address, box.settings.from)
  }

  async #enter(attempt: AuthContext, box: DropBox): Promise<DropBox | undefined> {
    const { database, counts, address, now, end } = this.#options
    if (!counts.enterAccount(box.userName)) {
      end()
      return undefined
    }
    try {
      await database.site(box.siteId, (session) =>
        noteSignIn(session, box, address, now().toISOString()),
      )
    } catch (error) {
      counts.leaveAccount(box.userName)
      throw error
    }
    attempt.accept()
    return box
  }
}

/** RSA with SHA-1 is what a client means that names no hash. */
function isSigned({ key, blob, signature, hashAlgo }: PublicKeyAuthContext, line: string): boolean {
  if (blob === undefined || signature === undefined) return false
  if (key.algo === 'ssh-rsa' && hashAlgo !== 'sha256' && hashAlgo !== 'sha512') return false
  try {
    return parsedKey(line)?.verify(blob, signature, hashAlgo) === true
  } catch {
    return false
  }
}
