import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export type ProcessId = { pid: number; startedAt: string }

/**
 * The moment a live process started, '' when there is none: with it a pid names one process for
 * ever. A zombie counts as dead. Read from /proc, since a bare Debian has no `ps`.
 */
export function startTime(pid: number) {
  if (process.platform !== 'linux') return startTimeFromPs(pid)
  const fields = statOf(pid)
  return fields[0] === 'Z' ? '' : (fields[19] ?? '')
}

/** Names a process so that a later one with the same number is not taken for it. */
export const identify = (pid: number): ProcessId => ({ pid, startedAt: startTime(pid) })

/** True while this very process lives. */
export const isAlive = ({ pid, startedAt }: ProcessId) =>
  startedAt !== '' && startTime(pid) === startedAt

/** Waits until the processes are gone; false when some are still there after `patienceMs`. */
export async function waitUntilGone(processes: ProcessId[], patienceMs: number) {
  for (const end = Date.now() + patienceMs; Date.now() < end; ) {
    if (!processes.some(isAlive)) return true
    await sleep(30)
  }
  return !processes.some(isAlive)
}

/** Sends a signal; a process that is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch {}
}

/** The processes that a process has started and that still run. */
export function childrenOf(parent: number): number[] {
  const pairs = process.platform === 'linux' ? pairsFromProc() : pairsFromPs()
  return pairs.flatMap(([pid, ppid]) => (ppid === parent ? pid : []))
}

function pairsFromProc(): [pid: number, ppid: number][] {
  const pids = readdirSync('/proc').map(Number).filter(Boolean)
  return pids.map((pid) => [pid, Number(statOf(pid)[1])])
}

function pairsFromPs(): [pid: number, ppid: number][] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return stdout.split('\n').map((line) => {
    const [pid = 0, ppid = 0] = line.trim().split(/\s+/).map(Number)
    return [pid, ppid]
  })
}

// From the state on: what comes before may hold spaces. Empty when there is no such process.
function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')
  } catch {
    return []
  }
}

function startTimeFromPs(pid: number) {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  })
  const [state = '', ...started] = stdout.trim().split(/\s+/)
  return state === '' || state.startsWith('Z') ? '' : started.join(' ')
}
