import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import postgres from 'postgres'
import { type Aws, clientConfig } from './aws-resources.ts'
import { type DemoEvent, type DemoTotals, demoVenue, makeDemo } from './demo.ts'
import { signToken } from './keys.ts'

type State = { anchor: string; isCounted: boolean }
type Setup = { home: string; http: string; aws: Aws; queueUrl: string; databaseUrl: string }

const patienceMs = 120_000
const eventsPerMessage = 100
const dayMs = 24 * 3600_000

/** Feeds the demo into an empty database, or finishes a feed that was interrupted. */
export async function feedDemo(setup: Setup, say: (line: string) => void) {
  const file = path.join(setup.home, 'demo.json')
  const known = readState(file)
  const isInterrupted = known?.isCounted === false
  if (!isInterrupted && !(await isEmpty(setup.databaseUrl))) return
  const anchor = isInterrupted ? new Date(known.anchor) : new Date()
  const save = (isCounted: boolean) =>
    writeFileSync(file, JSON.stringify({ anchor: anchor.toISOString(), isCounted }))
  save(false)
  const { events, totals } = makeDemo(anchor)
  say(`feeding ${events.length} events of the venue ${demoVenue} …`)
  await send(setup, events)
  await waitUntilCounted(setup, anchor, totals)
  save(true)
}

function readState(file: string): State | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

// Every row of a tenant carries its venue; what migrations write carries none.
async function isEmpty(databaseUrl: string) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  try {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name
        from information_schema.columns
        join information_schema.tables using (table_schema, table_name)
       where column_name = 'venue_id'
         and table_type = 'BASE TABLE'
         and table_schema not in ('pg_catalog', 'information_schema')`
    if (tables.length === 0) return true
    const [any] = await sql<{ found: boolean }[]>`
      select ${sql.unsafe(tables.map(({ name }) => `exists (select from ${name})`).join(' or '))}
             as found`
    return !any?.found
  } finally {
    await sql.end()
  }
}

async function send({ aws, queueUrl }: Setup, events: DemoEvent[]) {
  const sqs = new SQSClient(clientConfig(aws))
  try {
    for (let at = 0; at < events.length; at += eventsPerMessage) {
      const MessageBody = JSON.stringify(events.slice(at, at + eventsPerMessage))
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))
    }
  } finally {
    sqs.destroy()
  }
}

async function waitUntilCounted({ home, http }: Setup, anchor: Date, totals: DemoTotals) {
  const token = await signToken(home, 'demo', { venues: { [demoVenue]: 'viewer' } }, '10m')
  const day = (offset: number) =>
    new Date(anchor.getTime() + offset * dayMs).toISOString().slice(0, 10)
  const range = `from=${day(-70)}&to=${day(3)}&granularity=none`
  let seen = ''
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(250)) {
    const answers = await Promise.all(
      Object.entries(totals).map(async ([metric, wanted]) => {
        const url = `${http}/v1/venues/${demoVenue}/metrics/${metric}?${range}`
        const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
        const text = await response.text()
        const total = response.ok
          ? JSON.parse(text).total
          : `${response.status} ${text.slice(0, 200)}`
        return { isCounted: total === wanted, line: `${metric}: ${total} of ${wanted}` }
      }),
    )
    if (answers.every(({ isCounted }) => isCounted)) return
    seen = answers.map(({ line }) => line).join('\n')
  }
  throw new Error(`the demo is not counted after ${patienceMs / 1000} s:\n${seen}`)
}
