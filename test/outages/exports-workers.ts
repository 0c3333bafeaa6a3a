import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export type ExportsWorker = ReturnType<typeof exportsWorker>
type Message = { venueId: string; exportId: string }

// What workers have compiled: who follows one that was killed is there in half the time.
const compiled = mkdtempSync(path.join(os.tmpdir(), 'turnout-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

/** A worker of exports in a process of its own, with the environment of the test and what is told. */
export function exportsWorker(environment: Record<string, string> = {}) {
  const child = fork('test/oracle/exports-worker.mjs', [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', process.env.TURNOUT_TEST_LOG ? 'inherit' : 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...environment },
  })
  child.on('error', () => {}) // a message to one that dies just now
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  const gone = new Promise<'gone'>((resolve) => child.once('exit', () => resolve('gone')))
  return {
    child,
    isGone,
    gone,
    /** Hands it a message; resolves when it is done, or with the end of the process. */
    async run(message: Message): Promise<'done' | 'again' | 'gone'> {
      if (isGone()) return 'gone'
      const answered = once(child, 'message').then(([answer]) =>
        (answer as { failed: number }).failed === 0 ? 'done' : 'again',
      )
      child.send(message, () => {})
      return Promise.race([answered, gone])
    },
    async stop() {
      if (!isGone()) child.kill('SIGKILL')
      await gone
    },
  }
}

/** Whether a process stands still. */
export const isStopped = (pid: number | undefined): boolean =>
  execFileSync('ps', ['-o', 'state=', '-p', String(pid)])
    .toString()
    .trim()
    .startsWith('T')
