import { spawn } from 'node:child_process'

/**
 * Tells systemd how the service stands, where it asks to be told. Its socket takes datagrams, which Node cannot send, so its
 * own program is asked to; that being another process, the unit needs `NotifyAccess=all`.
 */
export function notifySystemd(state: 'READY=1' | 'STOPPING=1'): void {
  if (!process.env['NOTIFY_SOCKET']) return
  const child = spawn('systemd-notify', [state], { stdio: 'ignore' })
  // Without it, systemd waits for its time-out and says so.
  child.on('error', () => {})
  child.unref()
}
