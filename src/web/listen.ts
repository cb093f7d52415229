import { readFileSync } from 'node:fs'
import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { RollcallError } from '../errors.ts'
import type { Part } from '../part.ts'
import { makeApp, type AppOptions } from './app.ts'
import { webLimits } from './limits.ts'
import { removeLeftOvers } from './upload.ts'

export interface ListenOptions extends Omit<AppOptions, 'behindProxy'> {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** Files in PEM; without them it is plain HTTP, for the machine itself or behind a proxy. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly behindProxy: boolean
}

/** The service over HTTP, running. */
export interface Listening extends Part {
  readonly url: string
}

/**
 * Answers over HTTP or HTTPS (TLS 1.2 and newer) until it is stopped.
 * @throws RollcallError ERR_PORT_UNUSABLE when the address is taken or the certificate cannot be used.
 */
export async function startWeb(options: ListenOptions): Promise<Listening> {
  const { host, port, tls } = options
  const limits = webLimits(options)
  removeLeftOvers(options.deliveriesFolder, options.now())
  const listener = getRequestListener(makeApp(options).fetch)
  const settings = {
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headTimeoutMs,
    // How often that is looked at: as a rule every 30 s, which would be three times as late.
    connectionsCheckingInterval: Math.min(1_000, limits.headTimeoutMs),
    // A delivery takes as long as it takes while it goes on; JSON bodies have a limit of their own.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
  }
  const handle = (...[request, response]: Parameters<typeof listener>): void => {
    void listener(request, response)
  }
  let server: Server
  try {
    server =
      tls === undefined
        ? createPlainServer(settings, handle)
        : createTlsServer(
            {
              ...settings,
              cert: readFileSync(tls.certFile),
              key: readFileSync(tls.keyFile),
              minVersion: 'TLSv1.2',
            },
            handle,
          )
    server.maxConnections = limits.connectionsMax
    server.setTimeout(limits.uploadIdleMs)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new RollcallError('ERR_PORT_UNUSABLE', `Cannot listen on ${host}:${port} (${code})`, {
      hint: 'Look at ROLLCALL_WEB_HOST, ROLLCALL_WEB_PORT, ROLLCALL_TLS_CERT_FILE and ROLLCALL_TLS_KEY_FILE, and at what else uses the port.',
      cause,
    })
  }
  const at = server.address() as AddressInfo
  return {
    name: 'web',
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${at.port}`,
    stop: (graceMs) => stop(server, graceMs),
  }
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
}
