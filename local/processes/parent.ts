import { Socket } from 'node:net'

/**
 * Calls `onGone` when the process that started this one has ended, however it went: the stream
 * that run.mjs hands down closes then.
 */
export function watchParent(onGone: () => void) {
  const fd = Number(process.env.TURNOUT_PARENT_FD)
  delete process.env.TURNOUT_PARENT_FD
  if (!fd) return
  const stream = new Socket({ fd, readable: true, writable: false })
  stream.on('error', onGone)
  stream.on('close', onGone)
  stream.resume()
  stream.unref()
}
