import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Findings } from './check.ts'

/** Starts the process that knows nothing of the run but the file of its events. */
export function startChecker(file: string) {
  const child = fork('test/crash/check.ts', [file], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // The functions it asks log on stdout.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const found = Promise.race([
    once(child, 'message').then(([findings]) => findings as Findings),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the checker ended with ${code}`)
    }),
  ])
  found.catch(() => {}) // awaited when all is over
  return {
    async findings(): Promise<Findings> {
      child.send('over')
      return found
    },
  }
}
