import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isAlive, signalProcess, waitUntilGone } from './alive.ts'
import { type Recorded, record } from './run-record.ts'
import { startWatchdog } from './watchdog-client.ts'

export type Member = {
  name: string
  command: string
  args: string[]
  /** How the process is asked to end. */
  signal?: NodeJS.Signals
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; uid?: number; gid?: number }
  /** Runs before each launch: clears what a dead predecessor left. */
  prepare?: () => Promise<void>
  /** Resolves when the process serves; runs after each launch. */
  ready: () => Promise<void>
  /** False: its end is the end of everything. */
  restart?: boolean
}

type Running = Recorded & { child: ChildProcess }
type Setup = {
  home: string
  say: (line: string) => void
  /** A member ended that is not, or could not be, started again. */
  onLoss: (reason: string) => void
  /** Process ids changed. */
  onChange?: () => void
}

const restartAttempts = 20

/** Starts processes, keeps them running and ends them; they never outlive this process. */
export async function createCrew({ home, say, onLoss, onChange }: Setup) {
  const running = new Map<string, Running>()
  const ending = new Set<string>()
  const logs = path.join(home, 'logs')
  let closing = false
  let isOver = false
  mkdirSync(logs, { recursive: true })
  const watchdog = startWatchdog(() => running.values())
  const note = () => {
    // We hear of the last ends after all are gone, when the home may be gone as well.
    if (isOver) return
    const members = [...running.values()].map(({ child, ...rest }) => rest)
    record(home, members, watchdog.id())
    onChange?.()
  }

  async function launch(member: Member, logMode: 'w' | 'a') {
    await member.prepare?.()
    if (closing) throw new Error(`${member.name}: stopped before it started`)
    const log = openSync(path.join(logs, `${member.name}.log`), logMode)
    // A session of its own: Ctrl-C in the terminal reaches the starter alone, which then ends the
    // members in order.
    const child = spawn(member.command, member.args, {
      ...member.options,
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    const gone = new Promise<never>((_, reject) => {
      child.once('error', (error) => reject(new Error(`${member.name}: ${error.message}`)))
      child.once('exit', (code, signal) => reject(new Error(epitaph(member, code, signal))))
    })
    gone.catch(() => forget(member.name, child))
    if (child.pid !== undefined) {
      const signal = member.signal ?? 'SIGTERM'
      const entry = { ...identify(child.pid), name: member.name, signal, child }
      running.set(member.name, entry)
      watchdog.guard(entry)
      note()
    }
    await Promise.race([member.ready(), gone])
    gone.catch((error: Error) => lost(member, error.message))
  }

  function forget(name: string, child: ChildProcess) {
    if (child.pid !== undefined) {
      // Its own children, such as a bundler, must not outlive it. They share its group.
      signalProcess(-child.pid, 'SIGKILL')
      watchdog.release(child.pid)
    }
    if (running.get(name)?.child !== child) return
    running.delete(name)
    note()
  }

  const isEnding = (name: string) => closing || ending.has(name)

  const epitaph = (member: Member, code: number | null, signal: string | null) =>
    `${member.name} ended (${signal ?? `exit code ${code}`}), see ${logs}/${member.name}.log`

  async function lost(member: Member, reason: string) {
    if (isEnding(member.name)) return
    if (member.restart === false) return onLoss(`${reason}\n${tail(member.name)}`)
    say(`${reason}; starting it again`)
    for (let attempt = 1; attempt <= restartAttempts && !isEnding(member.name); attempt++) {
      try {
        await launch(member, 'a')
        return say(`${member.name} runs again`)
      } catch {
        // Its ports and shared memory are given back a moment after its end.
        await sleep(Math.min(100 * attempt, 1000))
      }
    }
    if (!isEnding(member.name)) onLoss(`${member.name} could not be started again`)
  }

  function tail(name: string) {
    try {
      return readFileSync(path.join(logs, `${name}.log`), 'utf8')
        .trim()
        .split('\n')
        .slice(-15)
        .join('\n')
    } catch {
      return ''
    }
  }

  async function end(members: Running[]) {
    for (const { name } of members) ending.add(name)
    for (const { pid, signal } of members.toReversed()) signalProcess(pid, signal)
    if (await waitUntilGone(members, 10_000)) return
    for (const member of members) if (isAlive(member)) signalProcess(-member.pid, 'SIGKILL')
    await waitUntilGone(members, 2000)
  }

  return {
    /** Starts a member and waits until it serves; says how it ended when it does not. */
    start: (member: Member) =>
      launch(member, 'w').catch((error: Error) => {
        ending.add(member.name)
        throw new Error(`${error.message}\n${tail(member.name)}`.trim())
      }),
    pid: (name: string) => running.get(name)?.pid,
    /** Ends one member for good. */
    stop: async (name: string) => {
      const member = running.get(name)
      ending.add(name)
      if (member) await end([member])
    },
    /** Ends all members, last started first, and the watchdog. */
    stopAll: async () => {
      closing = true
      await end([...running.values()])
      isOver = true
      watchdog.dismiss()
    },
    /** A process of the caller's that must not outlive this one even when it is killed. */
    guard: (pid: number) => watchdog.guard({ pid, signal: 'SIGTERM' }),
    /** A path that must not outlive this process even when it is killed. */
    removeAfterKill: (file: string) => watchdog.removeAfterKill(file),
  }
}
