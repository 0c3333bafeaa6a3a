import type { Finding } from './scenario.ts'

const recoveryMs = 10_000
/** The jobs run each minute; a little for the job itself and for counting. */
const jobsMs = 63_000
const costMs = 300
/** An answer that waits for Postgres gets its deadline and what the gateway adds. */
const answerMs = 10_000

/**
 * The promises that an outage broke, as sentences; none is good. `othersMs` is how much later the
 * last outage of a run ended: jobs may have waited for that one.
 */
export function brokenPromises(found: Finding, othersMs = 0): string[] {
  const { stores, weather } = found
  const isAbout = (...names: string[]) => stores.some((store) => names.includes(store))
  const named = stores.flatMap((store) => (store === 'queue' ? ['queue', 'objects'] : store))
  const inOrder = ['postgres', 'mongo', 'redis', 'queue', 'objects'].filter((one) =>
    named.includes(one),
  )
  const ready = `${isAbout('postgres', 'queue') ? 503 : 200} ${inOrder.join(' ')}`
  const answers = isAbout('postgres') ? ['503 postgres'] : ['200']
  const isJam = stores.length > 0 && !isAbout('postgres', 'queue')
  const rules: [boolean, string][] = [
    [found.lost === 0, `${found.lost} orders were lost`],
    [found.countDifference === 0, `orders differ by ${found.countDifference}`],
    [found.valueDifferenceMinor === 0, `revenue differs by ${found.valueDifferenceMinor}`],
    [found.notArchived === 0, `${found.notArchived} raw copies are missing`],
    [found.wrongNumbers.length === 0, `answers were wrong: ${found.wrongNumbers.join(', ')}`],
    [
      found.ready.every((said) => said === ready),
      `/ready said ${found.ready.join(', ')} instead of ${ready}`,
    ],
    [found.readyBackMs <= recoveryMs, `/ready was well ${found.readyBackMs} ms after the return`],
    [found.readyRelapses.length === 0, `/ready relapsed: ${found.readyRelapses.join(', ')}`],
    [
      // The last question of an outage may be answered after it.
      found.answers.every((said) => answers.includes(said) || said === '200'),
      `questions were answered ${found.answers.join(', ')}`,
    ],
    [found.slowestAnswerMs <= answerMs, `an answer took ${found.slowestAnswerMs} ms`],
    [
      found.posts.every((said) => said === '202' || (isAbout('queue') && said === '503 queue')),
      `posts were answered ${found.posts.join(', ')}`,
    ],
    [found.newCountedMs <= recoveryMs, `a new order was counted after ${found.newCountedMs} ms`],
    [
      found.deadLettersMs <= jobsMs + othersMs,
      `dead letters were counted ${found.deadLettersMs} ms after the return`,
    ],
    [
      found.outboxDrainedMs <= jobsMs + othersMs,
      `the outbox was empty ${found.outboxDrainedMs} ms after the return`,
    ],
    [
      !isJam || found.batchDuringMs - found.batchCalmMs <= costMs,
      `a batch took ${found.batchDuringMs} ms, ${found.batchCalmMs} before`,
    ],
  ]
  const title = `${stores.join(' + ') || 'calm'} ${weather.kind}`
  return rules.flatMap(([isKept, sentence]) => (isKept ? [] : [`${title}: ${sentence}`]))
}
