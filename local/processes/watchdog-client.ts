import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { identify, type ProcessId } from './alive.ts'

type Ward = { pid: number; signal: NodeJS.Signals }

/** Starts the process that ends our processes should this one be killed. */
export function startWatchdog(wards: () => Iterable<Ward>) {
  const remains = new Set<string>()
  let dismissed = false
  let dog: ChildProcess
  let id: ProcessId | undefined

  function release() {
    dog = spawn(process.execPath, [path.join(import.meta.dirname, 'watchdog.ts')], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    id = dog.pid === undefined ? undefined : identify(dog.pid)
    dog.stdin?.on('error', () => {})
    dog.on('error', () => {})
    dog.on('exit', () => {
      if (!dismissed) release()
    })
    dog.unref()
    for (const file of remains) tell(`rm ${file}`)
    for (const ward of wards()) tell(`+${ward.pid} ${ward.signal}`)
  }
  const tell = (line: string) => dog.stdin?.write(`${line}\n`)

  release()
  return {
    id: () => id,
    guard: ({ pid, signal }: Ward) => tell(`+${pid} ${signal}`),
    release: (pid: number) => tell(`-${pid}`),
    removeAfterKill: (file: string) => {
      remains.add(file)
      tell(`rm ${file}`)
    },
    /** Everything ended in order: nothing is left to end or to remove. */
    dismiss: () => {
      dismissed = true
      tell('keep')
      dog.stdin?.end()
    },
  }
}
