/**
 * Outlives its parent and ends what the parent started, however the parent went. Told on stdin:
 * `+PID SIGNAL` and `-PID` for processes, `rm PATH` for what to remove when the parent was killed.
 */
import { rmSync } from 'node:fs'
import { identify, type ProcessId, signalProcess, waitUntilGone } from './alive.ts'

type Ward = ProcessId & { signal: NodeJS.Signals }

const wards = new Map<number, Ward>()
const remains = new Set<string>()
let unread = ''

process.title = 'turnout-watchdog'
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text: string) => {
  const lines = (unread + text).split('\n')
  unread = lines.pop() ?? ''
  for (const line of lines) obey(line)
})
process.stdin.on('end', finish)

function obey(line: string) {
  const [pid = '', signal] = line.slice(1).split(' ')
  if (line.startsWith('rm ')) remains.add(line.slice(3))
  else if (line === 'keep') remains.clear()
  else if (line.startsWith('-')) wards.delete(Number(pid))
  else wards.set(Number(pid), { ...identify(Number(pid)), signal: signal as NodeJS.Signals })
}

async function finish() {
  const left = [...wards.values()].reverse()
  for (const { pid, signal } of left) signalProcess(pid, signal)
  await waitUntilGone(left, 5000)
  // All of them lead a group of their own, see `launch`.
  for (const { pid } of left) signalProcess(-pid, 'SIGKILL')
  await waitUntilGone(left, 1000)
  for (const path of remains) rmSync(path, { recursive: true, force: true })
  process.exit(0)
}
