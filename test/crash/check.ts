/**
 * node test/crash/check.ts EVENTS.ndjson: asks brute force at once and, when it is told that all is
 * over, the stores of the environment. Sends its findings to the process that started it.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { askOracle } from '../oracle/numbers.ts'
import type { Sent } from '../support/events.ts'
import { compareAnswers } from './compare.ts'
import { checkArchive, checkLedger } from './ledger.ts'

export type Findings = Awaited<ReturnType<typeof check>>

const over = once(process, 'message')
process.on('disconnect', () => process.exit())
const findings = await check(process.argv[2] ?? '')
process.send?.(findings, () => process.exit())

async function check(file: string) {
  const oracle = await askOracle(file)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const events = lines.map((line) => JSON.parse(line) as Sent)
  const { TURNOUT_PG_ADMIN_URL: adminUrl = '', MONGODB_URI: mongoUri = '' } = process.env
  await over
  return {
    ...(await checkLedger(adminUrl, events)),
    ...(await checkArchive(mongoUri, events)),
    ...(await compareAnswers(oracle, Date.now())),
  }
}
