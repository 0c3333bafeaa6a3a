import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Finding } from './scenario.ts'

// The whole of it is `npm run outages`.
test('the system comes through outages of its stores with exact numbers, by itself', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'turnout-matrix-'))
  const json = path.join(folder, 'findings.json')
  const run = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/outages/run.ts', '--brief', '--json', json],
    {
      // The fourth stream tells it when we are gone, in whatever way.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, TURNOUT_PORT_BASE: '', TURNOUT_PARENT_FD: '3' },
    },
  )
  let said = ''
  run.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const [code] = await once(run, 'exit')
  if (code === 1 && !said.includes('NOT KEPT')) throw new Error(said)
  const { findings, broken } = JSON.parse(readFileSync(json, 'utf8')) as {
    findings: Finding[]
    broken: string[]
  }
  rmSync(folder, { recursive: true })
  expect(broken).toEqual([])
  // The outages were felt: each store was named, and what could wait has waited.
  const named = findings.flatMap(({ ready }) => ready).join(' ')
  for (const store of ['postgres', 'mongo', 'redis', 'queue', 'objects']) {
    expect(named).toContain(store)
  }
  expect(Math.max(...findings.map(({ outboxPeak }) => outboxPeak))).toBeGreaterThan(0)
  expect(Math.max(...findings.map(({ waitingCountedMs }) => waitingCountedMs))).toBeGreaterThan(0)
}, 300_000)
