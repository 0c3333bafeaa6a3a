/** node local/test.ts [JEST-ARGUMENTS]: runs the tests against stores of their own. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type OwnStack, startOwnStack } from './own-stack.ts'
import { signalProcess } from './processes/alive.ts'
import { watchParent } from './processes/parent.ts'

type Result = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numRuntimeErrorTestSuites: number
  success: boolean
}

/**
 * Two groups share the cores with their stores: a store that is only slow must not look broken. Tests
 * of what slow stores do say so themselves, and handlers in processes of their own are not patient.
 */
const patience = { MONGO_DEADLINE_MS: '10000', REDIS_DEADLINE_MS: '10000' }

const root = path.dirname(import.meta.dirname)
const interrupted = new AbortController()
const stacks: OwnStack[] = []
let closing: Promise<unknown> | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(130))
watchParent(() => end(1))

try {
  const rounds = roundsOf(process.argv.slice(2))
  // One after the other: each looks for free ports.
  for (const _ of rounds.at(-1) ?? []) stacks.push(await startOwnStack({ root, say, onLoss }))
  const results: (Result | undefined)[] = []
  // One round after the other: that is what a round is.
  for (const groups of rounds) {
    if (interrupted.signal.aborted) break
    results.push(
      ...(await Promise.all(groups.map((args, i) => runJest(stacks[i] as OwnStack, args)))),
    )
  }
  await close()
  if (!interrupted.signal.aborted) report(results)
} catch (error) {
  if (!interrupted.signal.aborted) {
    say((error as Error).message)
    await end(1)
  }
}

/**
 * All tests run in two rounds. The first has the machine to itself: many processes are killed there and
 * must be back within a time; and one looks at all that is in the stores, while that is little. Then two
 * groups run at once, each on stores of its own: files of one group follow each other, because many look
 * at all that is in a store. Rules that `npm run check` has just looked at (TURNOUT_RULES_CHECKED) are
 * left out.
 */
function roundsOf(args: string[]): string[][][] {
  if (args.length > 0) return [[args]]
  const tests = path.join(root, 'test').replaceAll(/[^\w/]/g, '\\$&')
  const files = (pattern: string) => ['--testPathPatterns', `^${tests}/${pattern}`]
  const alone = 'crash/|functions/canary'
  const first = 'lib/(?!exports|messages)|migrations/|outages/|attack/'
  const isChecked = Boolean(process.env.TURNOUT_RULES_CHECKED)
  if (isChecked) say('test/rules: left to `npm run check`')
  const others = `${alone}|${first}${isChecked ? '|rules/' : ''}`
  return [[files(`(${alone})`)], [files(`(?!${alone})(${first})`), files(`(?!${others})`)]]
}

function onLoss(reason: string) {
  say(reason)
  end(1)
}

function say(line: string) {
  process.stderr.write(`${line}\n`)
}

async function runJest(
  { home, environment, adminUrl, pids, crew }: OwnStack,
  args: string[],
): Promise<Result | undefined> {
  const outputFile = path.join(home, 'result.json')
  rmSync(outputFile, { force: true })
  const jest = path.join(root, 'node_modules/jest/bin/jest.js')
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', jest],
      // A test that failed half way must not hold up the rest with what it left open.
      ...['--forceExit', '--json', `--outputFile=${outputFile}`, ...args],
    ],
    {
      cwd: root,
      // With --json jest prints its result on stdout; what a person reads is on stderr. The log
      // lines of the functions under test are on stdout, too: TURNOUT_TEST_LOG=1 shows them.
      stdio: ['ignore', process.env.TURNOUT_TEST_LOG ? 'inherit' : 'ignore', 'inherit'],
      // A group of its own, so that its workers end with it.
      detached: true,
      env: {
        ...process.env,
        DATABASE_READER_URL: undefined,
        ...environment,
        ...patience,
        ...(adminUrl && { TURNOUT_PG_ADMIN_URL: adminUrl }),
        TURNOUT_TEST_PIDS: JSON.stringify(pids()),
      },
    },
  )
  const { pid } = child
  if (pid !== undefined) {
    crew.guard(pid)
    interrupted.signal.addEventListener('abort', () => signalProcess(-pid, 'SIGKILL'))
  }
  await new Promise((resolve) => {
    child.on('exit', resolve)
    child.on('error', resolve)
  })
  return readResult(outputFile)
}

function readResult(file: string): Result | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function report(results: (Result | undefined)[]) {
  const ended = results.filter((result) => result !== undefined)
  if (ended.length < results.length) say('jest ended without a result')
  const sum = (count: (result: Result) => number) => ended.reduce((n, one) => n + count(one), 0)
  const passed = sum((result) => result.numPassedTests)
  const skipped = sum((result) => result.numPendingTests)
  // A file that could not even be loaded counts as one failed test, and so does a lost group.
  const failed =
    sum((result) => result.numFailedTests + result.numRuntimeErrorTestSuites) +
    (results.length - ended.length)
  const rest = skipped > 0 ? `, ${skipped} skipped` : ''
  process.stdout.write(`Tests: ${passed} passed, ${failed} failed${rest}\n`)
  process.exit(failed === 0 && ended.every(({ success }) => success) && passed > 0 ? 0 : 1)
}

async function end(code: number) {
  interrupted.abort()
  await close()
  process.exit(code)
}

function close() {
  closing ??= Promise.all(stacks.map((stack) => stack.stop()))
  return closing
}
