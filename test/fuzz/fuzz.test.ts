import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { auditVenue } from '../../lib/audit/audit.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { within } from '../../lib/deadline.ts'
import { randomOf } from '../oracle/random.ts'
import {
  addAlerts,
  addTargetsOfExample,
  alertIn,
  firedIn,
  muteWindowIn,
  policyIn,
  silenceIn,
} from '../support/alerts.ts'
import { insertExports } from '../support/export-rows.ts'
import { addIds } from '../support/good-requests.ts'
import { type Answered, type HttpHandler, httpFunctions, request } from '../support/http.ts'
import { addMessages, addTarget, deadMessages } from '../support/messages.ts'
import { operations } from '../support/openapi.ts'
import { ownQueue } from '../support/queue.ts'
import { addReports } from '../support/reports.ts'
import { closeStores, deliver } from '../support/service.ts'
import { type Attempt, attemptsOf } from './attempts.ts'
import { faultsOf } from './judge.ts'
import { planted, worldOf } from './world.ts'

const requests = Number(process.env.FUZZ_REQUESTS ?? 5000)
const seed = Number(process.env.SEED ?? 20_260_701)
const atOnce = 8
const patienceMs = 10_000

const { world, messages } = worldOf()
let attempts: ReturnType<typeof attemptsOf>
let handlers: Map<string, HttpHandler>
let queueUrl: string

beforeAll(async () => {
  process.stderr.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
  queueUrl = await ownQueue()
  await deliver(...messages)
  await auditVenue(world.venue, '2026-06-03')
  // Of those that are deleted there are some more.
  const key = 'DELETE /v1/venues/{venueId}/report-schedules/{scheduleId} scheduleId'
  world.params[key] = (await addReports(world.venue, 20)).slice(1)
  await addMessages(world.venue)
  const gone = 'DELETE /v1/venues/{venueId}/contact-points/{contactPointId} contactPointId'
  world.params[gone] = await Promise.all(Array.from({ length: 20 }, () => addTarget(world.venue)))
  const again = 'POST /v1/venues/{venueId}/messages/{messageId}/retry messageId'
  world.params[again] = await deadMessages(world.venue, 20)
  const files = 'DELETE /v1/venues/{venueId}/exports/{exportId} exportId'
  const spare = await Promise.all(Array.from({ length: 10 }, () => insertExports(world.venue)))
  world.params[files] = spare.map(({ spareId }) => spareId)
  await addAlerts(world.venue)
  const twenty = (made: (venueId: string) => Promise<string>) =>
    Promise.all(Array.from({ length: 20 }, () => made(world.venue)))
  const alerts = '/v1/venues/{venueId}'
  for (const done of ['ack', 'resolve']) {
    const key = `POST ${alerts}/alert-instances/{instanceId}/${done} instanceId`
    world.params[key] = await twenty(firedIn)
  }
  world.params[`DELETE ${alerts}/alerts/{alertId} alertId`] = await twenty(alertIn)
  world.params[`DELETE ${alerts}/silences/{silenceId} silenceId`] = await twenty(silenceIn)
  world.params[`DELETE ${alerts}/mute-windows/{muteWindowId} muteWindowId`] =
    await twenty(muteWindowIn)
  world.params[`DELETE ${alerts}/escalation-policies/{policyId} policyId`] = await twenty(policyIn)
  await addTargetsOfExample(world.venue)
  await addIds(world.venue)
  attempts = attemptsOf(seed, randomOf(seed), world)
  const functions = await httpFunctions()
  handlers = new Map(
    functions.flatMap(({ handler }) => Object.keys(handler.routes).map((key) => [key, handler])),
  )
})
afterAll(closeStores)

const send = ({ key, asked }: Attempt): Promise<Answered> =>
  within(patienceMs, request(handlers.get(key) as HttpHandler, key, asked))

async function findingsOf(attempt: Attempt): Promise<string[]> {
  const faults = await send(attempt).then(
    (answered) => {
      seen.add(`${attempt.key} ${Math.floor(answered.status / 100)}xx`)
      return faultsOf(attempt, answered, planted)
    },
    (error: Error) => [error.message],
  )
  return faults.map((fault) => `${attempt.key}, ${attempt.what}: ${fault}`)
}

test('every operation answers a good request', async () => {
  const findings: string[] = []
  for (const key of operations.keys()) {
    const { status, text } = await send(attempts.good(key))
    if (status >= 300) findings.push(`${key}: ${status} ${text}: see test/support/good-requests.ts`)
  }
  expect(findings).toEqual([])
})

test(`of ${requests} requests each is answered in time, in form, and by its field`, async () => {
  const [all, findings] = [attempts.all(), [] as string[]]
  let left = requests
  const ask = async () => {
    // Each asker sends its next when it has an answer.
    for (; left > 0; ) {
      left -= 1
      findings.push(...(await findingsOf(all.next().value as Attempt)))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, ask))
  expect(findings.slice(0, 50)).toEqual([])
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(namesBefore)
}, 120_000)

const seen = new Set<string>()
const namesBefore = Object.getOwnPropertyNames(Object.prototype)

test('every operation answered some of them well and refused others', () => {
  const missing = [...operations.keys()].flatMap((key) =>
    ['2xx', '4xx'].map((kind) => `${key} ${kind}`).filter((one) => !seen.has(one)),
  )
  expect(missing).toEqual([])
})

test('what of it was taken into the queue is counted or quarantined, nothing comes back', async () => {
  let [taken, back] = [0, 0]
  for (;;) {
    const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 })
    const { Messages = [] } = await sqs().send(command)
    if (Messages.length === 0) break
    taken += Messages.length
    back += (await deliver(...Messages.map(({ Body }) => Body))).length
  }
  expect(taken).toBeGreaterThan(0)
  expect(back).toBe(0)
}, 60_000)
