/** node local/test.ts [JEST-ARGUMENTS]: runs the tests against stores of their own. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

const root = path.dirname(import.meta.dirname)
const interrupted = new AbortController()
let stack: OwnStack | undefined
let closing: Promise<void> | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(130))
watchParent(() => end(1))

try {
  stack = await startOwnStack({
    root,
    say,
    onLoss: (reason) => {
      say(reason)
      end(1)
    },
  })
  const result = await runJest(stack)
  await close()
  if (!interrupted.signal.aborted) report(result)
} catch (error) {
  if (!interrupted.signal.aborted) {
    say((error as Error).message)
    await end(1)
  }
}

function say(line: string) {
  process.stderr.write(`${line}\n`)
}

async function runJest({ home, environment, adminUrl, pids, crew }: OwnStack) {
  const outputFile = path.join(home, 'result.json')
  const jest = path.join(root, 'node_modules/jest/bin/jest.js')
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', jest],
      // A test that failed half way must not hold up the rest with what it left open.
      ...['--forceExit', '--json', `--outputFile=${outputFile}`, ...process.argv.slice(2)],
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

function report(result: Result | undefined) {
  if (!result) {
    say('jest ended without a result')
    process.exit(1)
  }
  const { numPassedTests: passed, numPendingTests: skipped } = result
  // A file that could not even be loaded counts as one failed test.
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites
  const rest = skipped > 0 ? `, ${skipped} skipped` : ''
  process.stdout.write(`Tests: ${passed} passed, ${failed} failed${rest}\n`)
  process.exit(result.success && passed + failed > 0 ? 0 : 1)
}

async function end(code: number) {
  interrupted.abort()
  await close()
  process.exit(code)
}

function close() {
  closing ??= stack?.stop()
  return closing
}
