/** node test/fuzz/run.ts [--requests N] [--seed N]: asks a running system for what nobody should. */
import { parseArgs } from 'node:util'
import { watchParent } from '../../local/processes/parent.ts'
import { usage } from '../../local/usage.mjs'
import { randomOf } from '../oracle/random.ts'
import { faultsOfAnswer, operations } from '../support/openapi.ts'
import { type Attempt, attemptsOf, type World } from './attempts.ts'
import { faultsOf } from './judge.ts'
import { type System, startSystem, until } from './system.ts'
import { overHttp } from './wire.ts'
import { planted, worldOf } from './world.ts'

const atOnce = 16
const patienceMs = 10_000
const mostGrowth = 50_000_000
// Until then every function has been loaded and the heap has the size that traffic needs.
const warmUp = 5000
let system: System | undefined
let isEnding = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(130))
watchParent(() => end(1))

try {
  await end(await run(options()))
} catch (error) {
  say((error as Error).stack ?? String(error))
  await end(1)
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        requests: { type: 'string', default: '20000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      },
    })
    const [requests, seed] = [Number(values.requests), Number(values.seed)]
    if (!Number.isSafeInteger(requests) || requests < 1) throw new Error('--requests: 1 or more')
    if (!Number.isSafeInteger(seed)) throw new Error('--seed: a whole number')
    return { requests, seed }
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage['test/fuzz/run.ts']}`)
    process.exit(2)
  }
}

async function run({ requests, seed }: ReturnType<typeof options>): Promise<number> {
  say(`seed ${seed} (--seed ${seed} sends the same again)`)
  system = await startSystem()
  const running = system
  const { world, messages } = worldOf()
  await running.tell(messages)
  await knowIds(running, world)
  const attempts = attemptsOf(seed, randomOf(seed), world)
  const all = attempts.all()
  const tally = newTally()
  await askAll(running, all, Math.min(warmUp, requests), tally)
  const before = await running.memory()
  await askAll(running, all, requests, tally)
  const growth = (await running.memory()) - before
  const letters = await deadLetters(running, attempts.good)
  return report(tally, growth, letters)
}

/** The ids of what waits in quarantine, and of an audit. */
async function knowIds(running: System, world: World) {
  const audited = { caller: { venues: { [world.venue]: 'owner' as const } }, body: {} }
  const params = { venueId: world.venue }
  const ask = { ...audited, params, headers: { 'content-type': 'application/json' } }
  await overHttp(running, 'POST /v1/venues/{venueId}/audit/run', ask, patienceMs)
  const lists: [string, string, object][] = [
    ['GET /v1/venues/{venueId}/audit', 'runId', { [world.venue]: 'owner' }],
    ['GET /v1/venues/{venueId}/ingest/quarantine', 'quarantineId', { [world.venue]: 'owner' }],
    ['GET /v1/ops/quarantine', 'quarantineId', {}],
  ]
  for (const [list, name, venues] of lists) {
    const isOps = list.includes('/ops/')
    const asked = { caller: { venues: venues as Record<string, 'owner'>, isOps } }
    const id = await until(`something in ${list}`, async () => {
      const heard = await overHttp(running, list, { ...asked, params }, patienceMs)
      return heard?.body?.items?.[0]?.id as string | undefined
    })
    world.params[`${list}/{${name}} ${name}`] = [id]
  }
}

type Tally = ReturnType<typeof newTally>

function newTally() {
  const byStatus = new Map<string, number>()
  return { byStatus, findings: [] as string[], timeouts: 0, slowestMs: 0 }
}

async function askAll(running: System, all: Generator<Attempt>, count: number, tally: Tally) {
  let left = count
  const asker = async () => {
    // Each asker sends its next when it has an answer.
    for (; left > 0; ) {
      left -= 1
      await ask(running, all.next().value as Attempt, tally)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, asker))
}

async function ask(running: System, attempt: Attempt, tally: Tally) {
  const { key, asked, what } = attempt
  const note = (fault: string) => tally.findings.push(`${key}, ${what}: ${fault}`)
  const count = (name: string) => tally.byStatus.set(name, (tally.byStatus.get(name) ?? 0) + 1)
  try {
    const heard = await overHttp(running, key, asked, patienceMs)
    if (!heard) return count('no client can send it')
    tally.slowestMs = Math.max(tally.slowestMs, heard.ms)
    if (heard.isOfGateway && heard.status < 500) return count(`${heard.status} by the gateway`)
    count(String(heard.status))
    // An empty part of a path, or one that leads upwards, is another address.
    const isElsewhere = Object.values(asked.params ?? {}).some((part) => /^\.{0,2}$/.test(part))
    if (isElsewhere && heard.status < 500) return
    for (const fault of faultsOfAnswer(key, heard)) note(fault)
    for (const fault of faultsOf(attempt, heard, planted)) note(fault)
  } catch (error) {
    const { name, message } = error as Error
    if (/Timeout|Abort/.test(name)) tally.timeouts += 1
    count(name)
    note(message)
  }
}

/** How many messages the worker gave up; what was taken must be counted or quarantined. */
async function deadLetters(running: System, good: (key: string) => Attempt): Promise<number> {
  const key = 'GET /v1/ops/dlq'
  const heard = await overHttp(running, key, good(key).asked, patienceMs)
  return heard?.body?.depth ?? Number.NaN
}

function report(tally: Tally, growth: number, letters: number): number {
  const { byStatus, findings, timeouts, slowestMs } = tally
  const lines = [...byStatus].sort().map(([status, count]) => `${status.padEnd(24)}${count}`)
  const total = [...byStatus.values()].reduce((sum, count) => sum + count, 0)
  const faults = [...byStatus].filter(([status]) => /^5/.test(status))
  say(`${total} requests to ${operations.size} operations`)
  for (const line of lines) process.stdout.write(`${line}\n`)
  say(
    `5xx ${faults.length > 0 ? 'THERE ARE' : 0}, timeouts ${timeouts}, slowest ${Math.round(slowestMs)} ms`,
  )
  say(`memory of the service grew by ${(growth / 1e6).toFixed(1)} MB, dead letters ${letters}`)
  for (const finding of findings.slice(0, 100)) say(finding)
  const isGood = findings.length === 0 && growth < mostGrowth && letters === 0
  say(isGood ? 'every promise was kept' : `NOT KEPT: ${findings.length} answers`)
  return isGood ? 0 : 1
}

function say(line: string) {
  process.stderr.write(`${line}\n`)
}

async function end(code: number) {
  if (isEnding) return
  isEnding = true
  await system?.stop()
  process.exit(code)
}
