/** Where a process is killed, and what is true there. */
export const points = {
  archived: 'between archive and commit: nothing in Postgres yet',
  counting: 'in the middle of the transaction',
  'before commit': 'all is written, the commit is not sent',
  'in commit': 'the commit is sent, its answer not awaited',
  unacknowledged: 'committed, the messages still in the queue',
  outside: 'wherever it was',
  'catching up': 'the outbox is in Mongo and not yet emptied',
} as const
export type Point = keyof typeof points

/** The points of a handler of the queue; the last one belongs to the clock. */
export const handlerPoints = (Object.keys(points) as Point[]).filter((p) => p !== 'catching up')

/** To a process: end in order, or die when it comes to this point after passing it `skip` times. */
export type Order = { stop: true } | { dieAt: Point; skip: number }

/** From a process: a transaction is about to be committed, or a batch or tick is over. */
export type News =
  | { commits: true }
  /** Messages of the platform that are acknowledged; those the service sent itself are left out. */
  | { done: number }
