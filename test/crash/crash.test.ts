import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { seedOfRun } from '../oracle/random.ts'
import type { Point } from './points.ts'
import type { Report } from './report.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'turnout-crash-'))
const points: Point[] = [
  'archived',
  'counting',
  'before commit',
  'in commit',
  'unacknowledged',
  'outside',
]
let report: Report & { faults: string[] }

beforeAll(async () => {
  const json = path.join(folder, 'report.json')
  const args = ['--events', '20000', '--seed', String(seedOfRun()), '--json', json]
  const run = spawn(process.execPath, ['test/crash/run.ts', ...args], {
    // It ends with this process, however that goes; what it says goes where jest speaks.
    stdio: ['ignore', 2, 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...{ MONGO_DEADLINE_MS: '', REDIS_DEADLINE_MS: '' },
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      TURNOUT_PARENT_FD: '3',
    },
  })
  let said = ''
  run.stderr?.on('data', (piece: Buffer) => {
    process.stderr.write(piece)
    said = `${said}${piece}`.slice(-2000)
  })
  await once(run, 'exit')
  if (!existsSync(json)) throw new Error(`the run ended without a report: ${said}`)
  report = JSON.parse(readFileSync(json, 'utf8'))
}, 900_000)

afterAll(() => rmSync(folder, { recursive: true }))

test('20,000 events are counted exactly while handlers and stores are killed', () => {
  expect(report.faults).toEqual([])
  expect(report.inbox).toBe(20_000)
  expect(report.copies).toBe(20_000)
  expect(report.metrics).toBe(24)
})

test.each(points)('handlers were killed: %s', (point) => {
  expect(report.killed[point]).toBeGreaterThanOrEqual(4)
})

test('each store was killed and came back', () => {
  expect(report.storesKilled).toEqual({ postgres: 5, mongo: 2, redis: 2 })
})
