import { setTimeout as sleep } from 'node:timers/promises'
import { observeStatements } from '../../lib/clients/postgres.ts'
import type { Order, Point } from './points.ts'

const statements: Partial<Record<Point, RegExp>> = {
  archived: /^begin/,
  counting: /^\s*insert into inbox/,
  'before commit': /^commit/,
  'in commit': /^commit/,
  'catching up': /^\s*delete from raw_outbox/,
}

/**
 * Obeys the orders of the run: dies by SIGKILL at the told point. Statements are seen before they
 * are sent; a millisecond later they are.
 */
export function obey() {
  let fate: { dieAt: Point; skip: number } | undefined
  const stopping = new AbortController()
  const meets = (isHere: (point: Point) => boolean) => {
    if (!fate || !isHere(fate.dieAt)) return false
    fate.skip -= 1
    return fate.skip < 0
  }
  observeStatements((statement) => {
    if (!meets((point) => statements[point]?.test(statement) ?? false)) return
    if (fate?.dieAt === 'in commit') sleep(1).then(die)
    else die()
  })
  process.on('message', (order: Order) => {
    if ('stop' in order) stopping.abort()
    else fate = order
  })
  process.on('disconnect', () => process.exit())
  return {
    stopping: stopping.signal,
    /** Says that the process is at a point that no statement marks. */
    reach: (point: Point) => {
      if (meets((fated) => fated === point)) die()
    },
  }
}

const die = () => process.kill(process.pid, 'SIGKILL')
