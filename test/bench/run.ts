/** node test/bench/run.ts: measures the service against what the machine can do, on stores of its own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os, { loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { watchParent } from '../../local/processes/parent.ts'
import { findFreeBase } from '../../local/processes/ports.ts'
import { type Stack, startStack } from '../../local/stack.ts'
import { usage } from '../../local/usage.mjs'
import { migrate } from '../../migrations/migrate.ts'
import { dropDatabases } from '../support/databases.ts'
import { benchAgainstOld } from './against-old.ts'
import { benchAlerts } from './alerts.ts'
import { benchAnswers } from './answers.ts'
import { stopChildren } from './children.ts'
import { benchCost } from './cost.ts'
import { benchExports } from './exports.ts'
import { benchFunctions } from './functions.ts'
import { benchIngest } from './ingest.ts'
import { benchQuestions } from './questions.ts'
import { judged, type Options, type Section, tableOf } from './section.ts'
import { benchSockets } from './sockets.ts'
import { benchSustained } from './sustained.ts'
import { benchTick } from './tick.ts'
import { benchWrappers } from './wrappers.ts'

class UsageError extends Error {}

const parts: Record<string, (options: Options) => Promise<Section>> = {
  wrappers: benchWrappers,
  functions: benchFunctions,
  ingest: benchIngest,
  sustained: benchSustained,
  tick: benchTick,
  alerts: benchAlerts,
  cost: benchCost,
  old: benchAgainstOld,
  questions: benchQuestions,
  answers: benchAnswers,
  exports: benchExports,
  sockets: benchSockets,
}
/** Takes minutes on a system of its own. */
const onlyWhenNamed = 'sockets'

const root = path.dirname(path.dirname(import.meta.dirname))
const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-bench-'))
let stack: Stack | undefined
let closing: Promise<void> | undefined

// Readable for the user that the database servers run as.
chmodSync(home, 0o755)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(130))
watchParent(() => end(1))

try {
  await main()
  await end(process.exitCode === 1 ? 1 : 0)
} catch (error) {
  const { code = '', message, stack: trace } = error as NodeJS.ErrnoException
  const isUsage = code.startsWith('ERR_PARSE_ARGS') || error instanceof UsageError
  process.stderr.write(isUsage ? `${message}\n\n${usage['test/bench/run.ts']}\n` : `${trace}\n`)
  await end(isUsage ? 2 : 1)
}

async function main() {
  const { names, json, options } = readArguments()
  const { engines, cpu, startedAt } = {
    ...(await startStores()),
    cpu: os.cpus()[0]?.model ?? '',
    startedAt: new Date(),
  }
  const machine = {
    cpu,
    cores: os.cpus().length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
    engines,
  }
  process.stdout.write(
    `${machine.cores} × ${cpu}, Node ${machine.node}, ${Object.values(engines).join(', ')}\n`,
  )
  const loadBefore = loadavg()
  const sections: Record<string, Section> = {}
  // One part after the other: they would take each other's time.
  for (const name of names) {
    process.stderr.write(`… ${name}\n`)
    const done = await parts[name]?.(options)
    if (!done) continue
    sections[name] = done
    process.stdout.write(`${tableOf(done)}\n`)
    await dropDatabases()
  }
  const lines = Object.values(sections).flatMap((one) => one.lines)
  const missed = lines.filter((line) => judged(line).isMet === false)
  process.stdout.write(
    `\n${lines.filter((line) => line.target).length} targets, ${missed.length} missed\n`,
  )
  if (missed.length > 0) process.exitCode = 1
  if (!json) return
  const told = Object.fromEntries(
    Object.entries(sections).map(([name, one]) => [
      name,
      { ...one, lines: one.lines.map((line) => ({ ...line, ...judged(line) })) },
    ]),
  )
  const report = { startedAt, endedAt: new Date(), options, machine, loadBefore, sections: told }
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`)
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      events: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const names =
    values.only?.flatMap((text) => text.split(',')) ??
    Object.keys(parts).filter((name) => name !== onlyWhenNamed)
  const unknown = names.find((name) => !(name in parts))
  if (unknown !== undefined) throw new UsageError(`There is no part ${unknown}`)
  const events = (values.events ?? (values.quick ? '1e5,1e6' : '1e6,1e7')).split(',').map(Number)
  if (!events.every((count) => Number.isInteger(count) && count >= 1e4)) {
    throw new UsageError('--events takes whole numbers of at least 10000, with commas between')
  }
  const json = values.json && path.resolve(process.env.INIT_CWD ?? '.', values.json)
  return { names, json, options: { isQuick: values.quick, events } }
}

async function startStores() {
  stack = await startStack({
    root,
    home,
    portBase: await findFreeBase(),
    isKept: false,
    // What a commit promises is on the disk, as in production.
    isCrashSafe: true,
    say: (line) => process.stderr.write(`${line}\n`),
    onLoss: (reason) => {
      process.stderr.write(`${reason}\n`)
      end(1)
    },
  })
  await migrate(stack.roles.owner, stack.mongoUri)
  Object.assign(process.env, stack.environment, {
    TURNOUT_PG_ADMIN_URL: stack.adminUrl,
    BENCH_REDIS_URL: `redis://127.0.0.1:${stack.ports.redis}`,
  })
  delete process.env.DATABASE_READER_URL
  return { engines: stack.engines }
}

async function end(code: number) {
  closing ??= (async () => {
    stopChildren()
    await stack?.stop()
    rmSync(home, { recursive: true, force: true })
  })()
  await closing
  process.exit(code)
}
