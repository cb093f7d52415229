import { type ErrorCode, RollcallError } from '../errors.ts'

/** What a collector does, in order; an error says at which it stopped. */
export type Step =
  'settings' | 'resolve' | 'connect' | 'trust' | 'sign in' | 'folder' | 'files' | 'fetch' | 'run'

const AT: { readonly [step in Step]: string } = {
  settings: 'the settings',
  resolve: 'looking the host up',
  connect: 'connecting',
  trust: 'checking whom it talks to',
  'sign in': 'signing in',
  folder: 'opening the folder',
  files: 'looking for files',
  fetch: 'fetching',
  run: 'running the program',
}

/** A collector that stopped. Neither secrets nor what the other side said in its own words are in it. */
export function failure(
  code: ErrorCode,
  step: Step,
  what: string,
  { hint, cause }: { readonly hint?: string; readonly cause?: unknown } = {},
): RollcallError {
  return new RollcallError(code, `the collector stopped at ${AT[step]}: ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

const UNREACHABLE: { readonly [code: string]: string } = {
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side closed the connection',
  EPIPE: 'the other side closed the connection',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
  ETIMEDOUT: 'no answer',
}

/** TLS as OpenSSL and Node name what they do not accept. */
const NOT_TRUSTED =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS_|ERR_SSL_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA)/
/** Of these, what the other side answers to our certificate. */
const CERTIFICATE_REFUSED =
  /ALERT_(?:CERTIFICATE|HANDSHAKE|UNKNOWN_CA|BAD_CERT|ACCESS)|CERTIFICATE_REQUIRED|BAD_CERTIFICATE/

/** What a broken connection means, in the same words for every protocol. */
export function connectionFailure(error: unknown, step: Step): RollcallError {
  if (error instanceof RollcallError) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (CERTIFICATE_REFUSED.test(code)) {
    return failure('ERR_FETCH_SIGN_IN', 'sign in', `our certificate was not accepted (${code})`, {
      hint: 'Is a client certificate set, is it valid, and does the other side know it?',
      cause: error,
    })
  }
  if (NOT_TRUSTED.test(code)) {
    return failure('ERR_FETCH_NOT_TRUSTED', 'trust', `its certificate is not accepted (${code})`, {
      hint: 'If it is signed by an authority of its own, set "ca" to the certificate of that authority.',
      cause: error,
    })
  }
  const known = UNREACHABLE[code]
  if (known !== undefined) {
    return failure('ERR_FETCH_UNREACHABLE', step, `${known} (${code})`, {
      hint: 'Check host and port, and whether a firewall lets this machine through.',
      cause: error,
    })
  }
  return failure('ERR_FETCH_FAILED', step, code === '' ? 'the connection broke' : code, {
    cause: error,
  })
}
