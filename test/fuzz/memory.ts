import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a process must have been started with: its inspector opens when asked, on any free port. */
export const measurable = { NODE_OPTIONS: '--inspect-port=0' }

/**
 * Bytes of memory that a process of Node has once what it needs no more was collected: without
 * that the number tells of the last garbage, not of what grows. `logFile` is where it writes.
 */
export async function memoryOf(pid: number, logFile: string): Promise<number> {
  const address = addressIn(logFile) ?? (await opened(pid, logFile))
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  // Twice: what the first leaves to finalizers goes with the second.
  for (const id of [1, 2]) await answered(socket, id, 'HeapProfiler.collectGarbage')
  socket.close()
  // Freed pages go back to the system a moment later.
  await sleep(2000)
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

const addressIn = (logFile: string) =>
  /Debugger listening on (ws:\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1]

async function opened(pid: number, logFile: string): Promise<string> {
  process.kill(pid, 'SIGUSR1')
  const end = Date.now() + 10_000
  for (; Date.now() < end; await sleep(100)) {
    const address = addressIn(logFile)
    if (address) return address
  }
  throw new Error(`the inspector of ${pid} does not open`)
}

function answered(socket: WebSocket, id: number, method: string) {
  return new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      if (JSON.parse(String(data)).id === id) resolve()
    }
    socket.send(JSON.stringify({ id, method }))
  })
}
