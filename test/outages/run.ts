/**
 * node test/outages/run.ts [--alone | --together | --brief] [--json FILE]: takes the stores of the real system away, makes
 * them slow and brings them back, alone and together, and prints what was seen as a table.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { watchParent } from '../../local/processes/parent.ts'
import type { Weather } from './chaos-proxy.ts'
import { brokenPromises } from './judge.ts'
import { type Finding, type Pace, type Scenario, strike } from './scenario.ts'
import { type Store, type System, startSystem, stores } from './system.ts'
import { tableOf } from './table.ts'
import { startTraffic } from './traffic.ts'

const { values } = parseArgs({
  options: {
    alone: { type: 'boolean', default: false },
    together: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const away: Weather = { kind: 'away' }
const slow: Weather = { kind: 'slow', ms: 5000 }
const silent: Weather = { kind: 'silent' }
const unhurried: Pace = { calmMs: 4000, holdMs: 15_000, afterMs: 5000 }
const brisk: Pace = { calmMs: 1500, holdMs: 5000, afterMs: 3000 }
const say = (line: string) => void process.stderr.write(`${line}\n`)
let system: System | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(130))
watchParent(() => end(1))

try {
  system = await startSystem(say)
  await warmUp(system)
  const findings = values.brief ? await runBriefly(system) : await runWhole(system)
  const last = Math.max(...findings.map(({ backAt }) => backAt))
  const broken = findings.flatMap((found) =>
    brokenPromises(found, values.brief ? last - found.backAt : 0),
  )
  if (values.json) writeFileSync(values.json, JSON.stringify({ findings, broken }, null, 2))
  process.stdout.write(`${tableOf(findings)}\n`)
  say(broken.length > 0 ? `\nNOT KEPT:\n${broken.join('\n')}` : '\nevery promise was kept')
  await end(broken.length > 0 ? 1 : 0)
} catch (error) {
  say(String((error as Error).stack))
  await end(1)
}

/** The first calls load every function: not what is measured. */
async function warmUp(on: System) {
  const traffic = await startTraffic(on, 'calm')
  await sleep(brisk.calmMs)
  await traffic.finishTelling()
  await traffic.stop()
}

/** Each outage until everything is counted, then the next. */
async function runWhole(on: System): Promise<Finding[]> {
  const pairs = stores.flatMap((one, i) => stores.slice(i + 1).map((other) => [one, other]))
  const every = (some: Store[], weathers: Weather[]): Scenario[] =>
    weathers.map((weather) => ({ stores: some, weather }))
  const scenarios = [
    ...(values.together ? [] : stores.flatMap((one) => every([one], [away, slow, silent]))),
    ...(values.alone ? [] : [...pairs, [...stores]].flatMap((some) => every(some, [away, slow]))),
  ]
  const findings: Finding[] = []
  // One after the other: each must find the system well.
  for (const scenario of scenarios) {
    const settle = await strike(on, scenario, unhurried)
    const found = await settle()
    findings.push(found)
    for (const sentence of brokenPromises(found)) say(sentence)
    say(tableOf([found]).split('\n').at(-1) ?? '')
  }
  return findings
}

/** A few outages close upon each other; what waits for the jobs is waited for at the end. */
async function runBriefly(on: System): Promise<Finding[]> {
  const scenarios: [Scenario, Pace][] = [
    [
      { stores: [...stores], weather: slow },
      { ...brisk, holdMs: 6000 },
    ],
    [{ stores: ['mongo', 'redis'], weather: slow }, brisk],
    [{ stores: ['postgres'], weather: away }, brisk],
    [{ stores: ['queue'], weather: away }, brisk],
  ]
  const settling: (() => Promise<Finding>)[] = []
  for (const [scenario, pace] of scenarios) settling.push(await strike(on, scenario, pace))
  return Promise.all(settling.map((settle) => settle()))
}

async function end(code: number) {
  const running = system
  system = undefined
  await running?.stop()
  process.exit(code)
}
