import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { handler as tendMessages } from '../../functions/schedule/tend-messages.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { chaosProxy } from '../outages/chaos-proxy.ts'
import { addAlert, historyOf, instancesOf, noon, outboxOf, sold, tick, tooMany } from '../support/alert-ticks.ts' // biome-ignore format: one line
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications } from '../support/messages.ts'
import { closeStores, context } from '../support/service.ts'

const { receive } = ownNotifications()
afterAll(closeStores)

/** Evaluates the tick at noon in a process of its own that dies there; tells how it ended. */
async function dieAt(venueId: string, environment: Record<string, string>) {
  const child = fork('test/oracle/alerts-worker.mjs', [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      BODY: JSON.stringify({ venueId, tick: new Date(noon).toISOString() }),
      ...environment,
    },
  })
  const [, signal] = await once(child, 'exit')
  return signal as string | null
}

/** A queue that nobody reaches alive: who speaks to it is killed. */
async function deadlyQueue() {
  let kill = () => {}
  const server = createServer(() => kill())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/dead`,
    kills: (how: () => void) => {
      kill = how
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function breach() {
  const venue = unique('v')
  const box = await addTarget(venue)
  await addAlert(venue, tooMany({ contactPointIds: [box] }))
  await sold(venue, -1, 4)
  return venue
}

async function expectOnce(venue: string) {
  expect(await instancesOf(venue)).toMatchObject([{ status: 'firing', triggerCount: 1 }])
  expect((await outboxOf(venue)).map(({ template }) => template)).toEqual(['alert-firing'])
  expect((await historyOf(venue)).map(({ kind }) => kind)).toEqual(['fired', 'told'])
}

test.each([
  ['as it writes the instance', { AT: 'insert into alert_instances' }],
  ['as it writes the message', { AT: 'insert into messages' }],
  ['before the commit', { AT: '^commit' }],
])(
  'who is killed %s leaves nothing, and the message comes again',
  async (_, environment) => {
    const venue = await breach()
    expect(await dieAt(venue, environment)).toBe('SIGKILL')
    expect([await instancesOf(venue), await outboxOf(venue)]).toEqual([[], []])
    expect(await tick(venue, 0)).toEqual([])
    await expectOnce(venue)
  },
  30_000,
)

test.each([0, 1, 3])(
  'who is killed %i ms into the commit has done all or nothing',
  async (soon) => {
    const venue = await breach()
    await dieAt(venue, { AT: '^commit', SOON: String(soon) })
    expect(await tick(venue, 0)).toEqual([])
    await expectOnce(venue)
  },
  30_000,
)

test('a tick that meets Postgres away is done when it is back', async () => {
  const venue = await breach()
  const { DATABASE_URL = '', DATABASE_JOB_URL = '' } = process.env
  const { hostname: host, port } = new URL(DATABASE_URL)
  const proxy = await chaosProxy({ host, port: Number(port) })
  await proxy.become({ kind: 'away' })
  const done = dieAt(venue, {
    DATABASE_URL: proxy.through(DATABASE_URL),
    DATABASE_JOB_URL: proxy.through(DATABASE_JOB_URL),
  })
  await new Promise((resolve) => setTimeout(resolve, 4000))
  expect(await instancesOf(venue)).toEqual([])
  await proxy.become({ kind: 'pass' })
  expect(await done).toBeNull()
  await proxy.close()
  await expectOnce(venue)
}, 60_000)

test('who is killed after the commit has told the outbox, and the clock sends it', async () => {
  const venue = await breach()
  const queue = await deadlyQueue()
  const child = fork('test/oracle/alerts-worker.mjs', [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      NOTIFICATIONS_QUEUE_URL: queue.url,
      BODY: JSON.stringify({ venueId: venue, tick: new Date(noon).toISOString() }),
    },
  })
  queue.kills(() => child.kill('SIGKILL'))
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
  queue.close()
  await expectOnce(venue)
  expect(await tick(venue, 0)).toEqual([])
  await expectOnce(venue)
  const [message] = await outboxOf(venue)
  // It waits some seconds for others of its group.
  await withTenant(
    venue,
    (tx) => tx`
      update messages set due_at = clock_timestamp() - interval '1 second'
       where venue_id = ${venue}`,
  )
  const named: string[] = []
  for (let tries = 0; tries < 30 && !named.includes(message?.id ?? ''); tries += 1) {
    await tendMessages({} as never, context, {} as never)
    for (const { Body } of await receive(1)) named.push(...JSON.parse(Body ?? '{}').messageIds)
  }
  expect(named).toContain(message?.id)
}, 60_000)
