import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { identify, isAlive, type ProcessId, signalProcess, waitUntilGone } from './alive.ts'

export type Recorded = ProcessId & { name: string; signal: NodeJS.Signals }
type Record = { starter: ProcessId; watchdog?: ProcessId; members: Recorded[] }

/** Thrown when another live starter holds the same state. */
export class AlreadyRunning extends Error {}

/**
 * Takes the state at `home` for this process. What an earlier run left behind (the starter and its
 * watchdog were both killed) is known by pid and start time and is stopped first.
 */
export async function takeHome(home: string, say: (line: string) => void) {
  mkdirSync(home, { recursive: true })
  const file = recordFile(home)
  const old = read(file)
  if (old && isAlive(old.starter) && old.starter.pid !== process.pid) {
    throw new AlreadyRunning(`already running on ${home} as process ${old.starter.pid}`)
  }
  if (old) await clearUp(old, say)
  rmSync(file, { force: true })
  claim(file, home)
}

/** Writes down what runs, before anything can happen to this process. */
export function record(home: string, members: Recorded[], watchdog?: ProcessId) {
  const file = recordFile(home)
  const text = JSON.stringify({ starter: identify(process.pid), watchdog, members })
  writeFileSync(`${file}.${process.pid}`, text)
  renameSync(`${file}.${process.pid}`, file)
}

/** Gives the state free again. */
export const releaseHome = (home: string) => rmSync(recordFile(home), { force: true })

const recordFile = (home: string) => path.join(home, 'run.json')

function read(file: string): Record | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

// Two starters may meet here: the exclusive create lets one of them through.
function claim(file: string, home: string) {
  try {
    const text = JSON.stringify({ starter: identify(process.pid), members: [] })
    writeFileSync(file, text, { flag: 'wx' })
  } catch {
    throw new AlreadyRunning(`another start on ${home} came first`)
  }
}

async function clearUp({ watchdog, members }: Record, say: (line: string) => void) {
  if (watchdog && isAlive(watchdog)) await waitUntilGone([watchdog], 8000)
  const left = members.filter(isAlive).reverse()
  for (const { name, pid, signal } of left) {
    say(`stopping ${name} (process ${pid}), left by an earlier run`)
    signalProcess(pid, signal)
  }
  if (await waitUntilGone(left, 8000)) return
  for (const member of left) if (isAlive(member)) signalProcess(-member.pid, 'SIGKILL')
  await waitUntilGone(left, 2000)
}
