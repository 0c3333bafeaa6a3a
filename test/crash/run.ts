/** node test/crash/run.ts [--events N] [--seed N]: counts events while everything is killed. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type OwnStack, startOwnStack } from '../../local/own-stack.ts'
import { watchParent } from '../../local/processes/parent.ts'
import { usage } from '../../local/usage.mjs'
import { crash } from './crash.ts'
import { faultsOf, tableOf } from './report.ts'

// Fewer are done before everything has been killed.
const leastEvents = 2000
const root = path.resolve(import.meta.dirname, '../..')
let stack: OwnStack | undefined
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
        events: { type: 'string', default: '20000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        json: { type: 'string' },
      },
    })
    const [events, seed] = [Number(values.events), Number(values.seed)]
    if (!Number.isSafeInteger(events) || events < leastEvents) {
      throw new Error(`--events: at least ${leastEvents}`)
    }
    if (!Number.isSafeInteger(seed)) throw new Error('--seed: a whole number')
    return { events, seed, json: values.json }
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage['test/crash/run.ts']}`)
    process.exit(2)
  }
}

async function run({ events, seed, json }: ReturnType<typeof options>): Promise<number> {
  say(`seed ${seed} (--seed ${seed} sends the same again)`)
  stack = await startOwnStack({
    root,
    isCrashSafe: true,
    say: () => {}, // that stores end and run again is the point
    onLoss: (reason) => {
      say(reason)
      end(1)
    },
  })
  // For this process and all that it starts.
  delete process.env.DATABASE_READER_URL
  Object.assign(process.env, stack.environment, {
    TURNOUT_PG_ADMIN_URL: stack.adminUrl,
    NODE_COMPILE_CACHE: path.join(stack.home, 'compiled'),
  })
  const report = await crash(stack, { events, seed, say })
  const faults = faultsOf(report)
  if (json) writeFileSync(json, JSON.stringify({ ...report, faults }))
  process.stdout.write(`${tableOf(report)}\n`)
  const { crashes, lost, double, differences } = report
  for (const line of [...crashes, ...lost, ...double, ...differences].slice(0, 20)) say(line)
  say(faults.length > 0 ? `WRONG: ${faults.join(', ')}` : 'EXACT')
  return faults.length > 0 ? 1 : 0
}

function say(line: string) {
  process.stderr.write(`${line}\n`)
}

async function end(code: number) {
  if (isEnding) return
  isEnding = true
  await stack?.stop()
  process.exit(code)
}
