/** node local/start.ts [--empty]: the stores and the service on this machine, until Ctrl-C. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '../migrations/migrate.ts'
import { demoAnchor, feedDemo } from './demo-feed.ts'
import { demoQuestions, demoVenue } from './demo-season.ts'
import { homeFolder, portBase } from './home.ts'
import { watchParent } from './processes/parent.ts'
import { pollQueues } from './queues.ts'
import { serviceMember } from './service.ts'
import { type Stack, startStack } from './stack.ts'
import { describeStack, stackTable } from './stack-file.ts'

const root = path.dirname(import.meta.dirname)
const home = homeFolder(root)
const stackFile = path.join(home, 'stack.json')
const startedAt = Date.now()
// For invocations that are under way; what they leave is delivered again.
const patienceMs = 5000
let stack: Stack | undefined
let stopPolling: (() => Promise<void>) | undefined
let isReady = false
let isEnding = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0))
watchParent(() => end(1))
// Who read this may be gone before us: what is left to do is to end in order.
process.stdout.on('error', () => {})

try {
  await start()
} catch (error) {
  // What a stop interrupts fails, too.
  if (!isEnding) end(1, (error as Error).message)
}

async function start() {
  const [unknown] = process.argv.slice(2).filter((arg) => arg !== '--empty')
  if (unknown) throw new Error(`unknown argument ${unknown}, see npm start -- --help`)
  stack = await startStack({
    root,
    home,
    portBase: portBase(),
    isKept: true,
    say,
    onLoss: (reason) => end(1, reason),
    onChange: writeStackFile,
  })
  stack.crew.removeAfterKill(stackFile)
  const applied = await migrate(stack.roles.owner, stack.mongoUri)
  if (applied.length > 0) say(`applied ${applied.length} migrations`)
  const { ports, crew, environment, aws, template, adminUrl } = stack
  await crew.start(serviceMember(root, ports, environment))
  stopPolling = pollQueues({ aws, template, environment, lambdaPort: ports.lambda, say })
  if (!process.argv.includes('--empty')) {
    const http = `http://127.0.0.1:${ports.http}`
    const queueUrl = environment.EVENTS_QUEUE_URL ?? ''
    // Row security hides everything from the owner, not from the superuser.
    const databaseUrl = adminUrl ?? environment.DATABASE_OWNER_URL ?? ''
    await feedDemo({ home, http, aws, queueUrl, databaseUrl }, say)
  }
  isReady = true
  writeStackFile()
  say(stackTable(stack, home))
  const anchor = demoAnchor(home)
  if (anchor) say(`\n${questionLines(`http://127.0.0.1:${ports.http}`, anchor)}\n`)
  say(`started in ${((Date.now() - startedAt) / 1000).toFixed(1)} s, Ctrl-C stops everything`)
  say('READY')
}

// To be pasted into another terminal.
function questionLines(http: string, anchor: Date) {
  const questions = demoQuestions(anchor).map(
    (question) => `curl -H "Authorization: Bearer $TOKEN" '${http}${question}'`,
  )
  return [`TOKEN=$(npm run token -- --venue ${demoVenue} --role viewer)`, ...questions].join('\n')
}

function say(line: string) {
  process.stdout.write(`${line}\n`)
}

// Written anew when a store was started again: its process id changed.
function writeStackFile() {
  if (!stack || !isReady || isEnding) return
  const text = JSON.stringify(describeStack(stack), null, 2)
  writeFileSync(`${stackFile}.new`, `${text}\n`, { mode: 0o600 })
  renameSync(`${stackFile}.new`, stackFile)
}

async function end(code: number, reason?: string) {
  if (isEnding) return
  isEnding = true
  if (reason) process.stderr.write(`${reason}\n`)
  if (isReady) say('stopping …')
  if (stack) rmSync(stackFile, { force: true })
  // First what takes work, then what does it, then what it is kept in.
  await Promise.race([stopPolling?.(), sleep(patienceMs)])
  await stack?.crew.stop('service')
  await stack?.stop()
  if (isReady) say('stopped')
  process.exit(code)
}
