import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Random } from '../oracle/random.ts'
import type { News, Order, Point } from './points.ts'

type Setup = {
  /** The file that each of them runs. */
  script: string
  count: number
  random: Random
  onNews?: (news: News) => void
}
type Live = { child: ChildProcess; fate?: Point; isAtWork: boolean }

/** Keeps so many processes running: each that is killed is replaced at once. */
export function keepRunning({ script, count, random, onNews }: Setup) {
  const live = new Set<Live>()
  const fates: Point[] = []
  const killed: Point[] = []
  const crashes: string[] = []
  let isStopping = false

  function start() {
    const child = fork(script, [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', process.env.TURNOUT_TEST_LOG ? 'inherit' : 'ignore', 'inherit', 'ipc'],
    })
    const one: Live = { child, isAtWork: false }
    live.add(one)
    child.on('message', (news: News) => {
      one.isAtWork = true
      onNews?.(news)
      meetFates()
    })
    child.on('exit', (code, signal) => {
      live.delete(one)
      if (one.fate && signal === 'SIGKILL') killed.push(one.fate)
      else if (!isStopping) crashes.push(`${script} ended by itself: ${signal ?? `code ${code}`}`)
      if (!isStopping) start()
    })
    child.on('error', () => {}) // an order to one that dies just now
  }

  function meetFates() {
    const free = random.shuffled([...live].filter((one) => one.isAtWork && !one.fate))
    for (const one of free.slice(0, fates.length)) {
      const dieAt = fates.shift() as Point
      one.fate = dieAt
      if (dieAt === 'outside') one.child.kill('SIGKILL')
      else one.child.send({ dieAt, skip: random.below(4) } satisfies Order)
    }
  }

  for (let i = 0; i < count; i += 1) start()
  return {
    /** One of them, already at work, dies at the next such point. */
    doom(point: Point) {
      fates.push(point)
      meetFates()
    },
    /** The points at which they were killed. */
    killed: () => killed as readonly Point[],
    /** How processes ended that nobody killed. */
    crashes: () => crashes as readonly string[],
    async stop() {
      isStopping = true
      const ended = [...live].map(({ child }) => once(child, 'exit'))
      for (const { child } of live) child.send({ stop: true } satisfies Order)
      await Promise.all(ended)
    },
    /** Ends all of them at once; after `stop` there is nobody left. */
    end() {
      isStopping = true
      for (const { child } of live) child.kill('SIGKILL')
    },
  }
}
