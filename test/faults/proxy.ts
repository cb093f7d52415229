/** A TCP proxy before a server: it can cut what goes through it, or let it hang. */
import { once } from 'node:events'
import net from 'node:net'

export interface Proxy {
  /** The same URL by way of the proxy. */
  url(url: string): string
  /** Ends all connections at once, as a firewall or a reboot in between does. */
  cut(): void
  /** Passes nothing on any more, in either direction, without ending anything; new connections hang as well. */
  hang(): void
  /** Passes everything on again. Connections that hung stay as they are. */
  heal(): void
  close(): Promise<void>
}

export async function startProxy(serverUrl: string): Promise<Proxy> {
  const { hostname, port } = new URL(serverUrl)
  const open = new Set<net.Socket>()
  let hangs = false
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('data', (bytes) => {
        if (!hangs) to.write(bytes)
      })
      from.on('close', () => {
        open.delete(from)
        if (!hangs) to.destroy()
      })
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    url(url) {
      const through = new URL(url)
      through.port = String((proxy.address() as net.AddressInfo).port)
      return through.href
    },
    cut,
    hang: () => void (hangs = true),
    heal() {
      hangs = false
      cut()
    },
    async close() {
      cut()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
