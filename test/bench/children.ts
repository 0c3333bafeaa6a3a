import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'

export type Child = {
  /** Calls a function of the child by name; the next call waits for its answer. */
  call<T>(name: string, ...given: unknown[]): Promise<T>
  stop(): void
}

const running = new Set<ChildProcess>()

/**
 * Starts a script of this folder in a process of its own, with more environment and options of
 * Node. What it prints is thrown away: functions log each call.
 */
export function startChild(
  script: string,
  environment: Record<string, string> = {},
  ...nodeOptions: string[]
): Child {
  const child = fork(path.join(import.meta.dirname, script), [], {
    execArgv: ['--disable-warning=ExperimentalWarning', ...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, ...environment },
  })
  running.add(child)
  let last: Promise<unknown> = Promise.resolve()
  const one = (name: string, given: unknown[]) =>
    new Promise((resolve, reject) => {
      const onExit = () => reject(new Error(`${script} ended before it answered ${name}`))
      child.once('exit', onExit)
      child.once('message', (answer: { value?: unknown; error?: string }) => {
        child.off('exit', onExit)
        if (answer.error === undefined) resolve(answer.value)
        else reject(new Error(`${script}: ${answer.error}`))
      })
      child.send({ name, given })
    })
  return {
    call<T>(name: string, ...given: unknown[]) {
      const answer = last.then(() => one(name, given))
      last = answer.catch(() => {})
      return answer as Promise<T>
    },
    stop() {
      running.delete(child)
      child.kill('SIGKILL')
    },
  }
}

/** Ends every child that is left. */
export function stopChildren(): void {
  for (const child of running) child.kill('SIGKILL')
}

type Call = { name: string; given: unknown[] }

/** In a child: answers the calls of its parent. */
export function serve(functions: Record<string, (...given: never[]) => unknown>): void {
  process.on('message', async ({ name, given }: Call) => {
    try {
      process.send?.({ value: await functions[name]?.(...(given as never[])) })
    } catch (error) {
      process.send?.({ error: (error as Error).stack ?? String(error) })
    }
  })
}
