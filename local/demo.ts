/** node local/demo.ts: plays one evening into the running system. */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { messageText } from '../lib/events/message-text.ts'
import { sendEvents } from '../lib/imports/send.ts'
import { waitUntilCounted } from './counted.ts'
import { homeFolder } from './home.ts'
import { signToken } from './keys.ts'
import {
  type Evening,
  inRealTime,
  liveEvening,
  phaseAt,
  realTimeOf,
  type Stage,
} from './live-show.ts'
import { watchParent } from './processes/parent.ts'
import { awsEnvironment, findRunningSystem } from './running-system.ts'
import { dayMs, isoOf } from './season/event.ts'
import type { Performance } from './season/programme.ts'
import { play } from './season/season.ts'
import { createTally } from './season/tally.ts'
import { usage } from './usage.mjs'

class UsageError extends Error {}

type Tally = ReturnType<typeof createTally>

const tickMs = 1000
const stopping = new AbortController()
const { stdout } = process
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopping.abort())
}
watchParent(() => stopping.abort())

try {
  await main()
} catch (error) {
  const { code = '', message } = error as NodeJS.ErrnoException
  const isUsage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(isUsage ? `${message}\n\n${usage['local/demo.ts']}\n` : `${message}\n`)
  process.exitCode = isUsage ? 2 : 1
}

async function main() {
  const { venueId, seed, speed } = readArguments()
  const home = homeFolder(path.dirname(import.meta.dirname))
  const { http, aws, queues } = await findRunningSystem(home)
  Object.assign(process.env, awsEnvironment(aws))
  const token = await signToken(home, 'demo', { venues: { [venueId]: 'viewer' } }, '1d')
  const { timezone, currency } = await readSettings(http, token, venueId)
  const stage: Stage = { venueId, timezone, currency, seed, speed, now: Date.now() }
  const evening = liveEvening(stage)
  const shows = [evening.tonight.showId, evening.next.showId].join(',')
  stdout.write(`${shows} at the venue ${venueId}, ${speed} times as fast as life\n`)
  const tally = createTally()
  const sent = await perform(evening, stage, tally, queues.events)
  if (stopping.signal.aborted) {
    stdout.write(`stopped; ${sent} events were sent, and stay\n`)
    return
  }
  const from = isoOf(evening.tonight.onSaleAt - dayMs)
  const query = { from, to: isoOf(Date.now() + dayMs), 'filter[event]': shows }
  await waitUntilCounted({ http, token, venueId, query }, tally.read())
  const { tickets_sold: sold, admissions } = tally.read()
  stdout.write(`over: ${sent} events sent and counted, ${sold} tickets, ${admissions} guests\n`)
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      venue: { type: 'string', default: 'demo' },
      seed: { type: 'string', default: '1' },
      speed: { type: 'string', default: '60' },
    },
  })
  const [seed, speed] = [Number(values.seed), Number(values.speed)]
  if (!Number.isInteger(seed)) throw new UsageError(`--seed ${values.seed} is no whole number`)
  if (!(speed >= 1 && speed <= 100_000)) {
    throw new UsageError(`--speed ${values.speed} is no number from 1 to 100000`)
  }
  if (!/^[\w-]{1,64}$/.test(values.venue)) {
    throw new UsageError(`--venue ${values.venue} is no venue id: 1 to 64 of A–Z a–z 0–9 _ -`)
  }
  return { venueId: values.venue, seed, speed }
}

async function readSettings(http: string, token: string, venueId: string) {
  const url = `${http}/v1/venues/${venueId}/settings`
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`GET ${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { timezone: string; currency: string }
}

/** Sends each event when its time has come; returns how many, when the house is empty. */
async function perform(evening: Evening, stage: Stage, tally: Tally, queueUrl: string) {
  const { tonight, next, overAt } = evening
  const { now, speed } = stage
  const draw = progressLine(tonight)
  let ready: string[] = []
  let sent = 0
  let sentAt = 0
  const send = async () => {
    const texts = ready
    ready = []
    sentAt = Date.now()
    await sendEvents(queueUrl, texts)
    sent += texts.length
    const { tickets_sold: sold = 0, inside_now: inside = 0 } = tally.read()
    const at = Math.min(overAt, now + (sentAt - now) * speed)
    draw(at, `${sold} tickets sold, ${inside} inside, ${sent} events`)
  }
  for (const event of play([tonight, next])) {
    const at = Date.parse(event.sent_at)
    if (at > overAt) break
    const due = realTimeOf(at, evening, stage)
    while (due > Date.now() && !stopping.signal.aborted) {
      const pauseMs = Math.max(0, Math.min(tickMs, due - Date.now()))
      await sleep(pauseMs, undefined, stopping).catch(() => {})
      // What is due within the same second goes together.
      if (Date.now() >= sentAt + tickMs) await send()
    }
    if (stopping.signal.aborted) break
    const real = inRealTime(event, evening, stage)
    tally.add(real)
    ready.push(messageText(real))
  }
  if (!stopping.signal.aborted) await send()
  if (stdout.isTTY) stdout.write('\n')
  return sent
}

/** One line that changes on a terminal; elsewhere one for each phase of the evening. */
function progressLine(show: Performance) {
  let told = ''
  return (at: number, counts: string) => {
    const phase = phaseAt(show, at)
    const minutes = Math.round((at - show.startsAt) / 60_000)
    const line = `${phase.padEnd(12)}  ${minutes < 0 ? '−' : '+'}${Math.abs(minutes)} min  ${counts}`
    if (stdout.isTTY) stdout.write(`\r\u001b[K${line}`)
    else if (phase !== told) stdout.write(`${line}\n`)
    told = phase
  }
}
