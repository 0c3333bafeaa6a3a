import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { handler as authorize } from '../../functions/http/authorize.ts'
import type { Caller } from '../../lib/access/grants.ts'
import { auditVenue } from '../../lib/audit/audit.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import type { Route } from '../../lib/http.ts'
import { runJob } from '../../lib/operations/jobs.ts'
import { openConnection } from '../../lib/sockets/connect.ts'
import { issueTicket } from '../../lib/sockets/ticket.ts'
import { dropDatabases, migratedDatabase } from '../support/databases.ts'
import { event, paid, unique } from '../support/events.ts'
import { addIds, good, idsIn } from '../support/good-requests.ts'
import { type Asked, type HttpHandler, httpFunctions, request } from '../support/http.ts'
import { printsOf } from '../support/prints.ts'
import { ownQueue } from '../support/queue.ts'
import { serverless } from '../support/serverless.ts'
import { closeStores, deliver } from '../support/service.ts'
import { audience, issuer, makeKey, serveKeys, sign } from '../support/tokens.ts'
import { fillVenue } from '../support/venue.ts'

/** A route as the gateway knows it, with the function behind it. */
export type Row = { key: string; handler: HttpHandler; route: Route }

export const own = unique('v-own')
export const foreign = unique('v-foreign')
export const absent = unique('v-absent')

/**
 * Two venues with rows in every table of a database of their own, the routes of serverless.yml and
 * tokens of everybody. Nobody else is in the database: what changes there, a request has changed.
 */
export async function makeWorld() {
  const database = await migratedDatabase()
  const keys = await serveKeys()
  const key = await makeKey('key-1')
  const stranger = await makeKey('key-1')
  keys.state.keys = [key.public]
  // read on first use, after this
  Object.assign(process.env, {
    DATABASE_URL: database.app,
    DATABASE_JOB_URL: database.job,
    JWKS_URL: keys.url,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
  })
  process.env.EVENTS_DEAD_LETTER_QUEUE_URL = await ownQueue()
  const queue = await ownQueue()
  for (const venue of [own, foreign]) await fill(venue)
  for (let i = 0; i < 2; i += 1) {
    await deliver({ venue_id: '?', event_id: unique('stray') })
    await runJob('catch-up', new Date())
  }
  await addIds(own)
  const now = Math.floor(Date.now() / 1000)
  await listen({ userId: 'u-1', venues: { [own]: 'viewer', [foreign]: 'viewer' } })
  const told = (claims: Record<string, unknown>) => sign(key, { claims: { sub: 'u-1', ...claims } })
  const venues = (roles: Record<string, string>) => told({ venues: roles })
  const tokens: Record<string, string> = {
    nobody: '',
    malformed: 'nonsense',
    expired: await told({ venues: { [own]: 'owner' }, exp: now - 60 }),
    forged: await sign(stranger, { claims: { venues: { [own]: 'owner' } } }),
    viewer: await venues({ [own]: 'viewer' }),
    analyst: await venues({ [own]: 'analyst' }),
    manager: await venues({ [own]: 'manager' }),
    owner: await venues({ [own]: 'owner' }),
    'owner of the other venue': await venues({ [foreign]: 'owner' }),
    'viewer here and owner there': await venues({ [own]: 'viewer', [foreign]: 'owner' }),
    'nobody’s friend': await venues({}),
    'write key': await told({ scope: 'ingest', venue: own }),
    'write key of the other venue': await told({ scope: 'ingest', venue: foreign }),
    operations: await told({ scope: 'ops', venues: { [own]: 'owner' } }),
  }
  return {
    tokens,
    rows: await routesOfGateway(),
    foreignIds: await idsIn(foreign),
    /** What no refused request may change: every row of every table, and the queue. */
    state: async (): Promise<Record<string, string>> => ({
      ...(await printsOf(database.admin)),
      messages: await depthOf(queue),
    }),
    ask: (row: Row, who: string, asked: Asked = {}) => ask(row, tokens[who] ?? '', asked),
    close: async () => {
      keys.close()
      await closeStores()
      await dropDatabases()
    },
  }
}

async function fill(venueId: string): Promise<void> {
  await fillVenue(venueId)
  const name = venueId === foreign ? 'only_there' : 'only_here'
  const data = { name: 'Lear', starts_at: '2026-07-01T19:30:00Z', timezone: 'UTC', status: 'on' }
  await auditVenue(venueId, '2026-06-03')
  await deliver(
    paid(venueId),
    event(venueId, 'event.updated', { event_ref: { event_id: name }, data }),
    event(venueId, 'metric.recorded', { data: { name, value: 7 } }),
    { venue_id: venueId, type: 'no.such.type', event_id: unique('e') },
  )
  await withTenant(
    venueId,
    (tx) => tx`
      insert into raw_outbox (venue_id, document_id, document, recorded_at)
      values (${venueId}, 'd-1', '{}', now())`,
  )
}

/** Somebody who has a socket open and a ticket for another. */
async function listen(person: Pick<Caller, 'userId' | 'venues'>): Promise<void> {
  const expiresAt = Date.now() + 3_600_000
  const caller: Caller = { ...person, ingestVenue: null, isOps: false, expiresAt }
  const { ticket } = await issueTicket(caller)
  await openConnection(unique('connection'), { headers: {}, ticket })
  await issueTicket(caller)
}

/** The routes of serverless.yml; one without a good request of its own fails here. */
async function routesOfGateway(): Promise<Row[]> {
  const functions = await httpFunctions()
  return functions.flatMap(({ name, handler }) =>
    (serverless.functions[name]?.events ?? []).flatMap(({ httpApi }) => {
      if (!httpApi || httpApi === '*') return []
      const key = `${httpApi.method} ${httpApi.path}`
      const route = handler.routes[key]
      if (!route) throw new Error(`${key} is in serverless.yml and in no table`)
      if (!good[key]) throw new Error(`${key}: add a good request to test/support/good-requests.ts`)
      return { key, handler, route }
    }),
  )
}

/** A request as it comes through the gateway: the authorizer looks at the token first. */
async function ask({ key, handler, route }: Row, token: string, more: Asked) {
  const asked = good[key] ?? {}
  const params = { venueId: own, ...asked.params, ...more.params }
  const headers = {
    ...(!key.startsWith('GET ') && { 'idempotency-key': key }),
    ...asked.headers,
    ...more.headers,
    ...(token && { authorization: `Bearer ${token}` }),
  }
  const event = { routeKey: key, pathParameters: params, headers }
  const { context } =
    route.access === 'public' ? { context: { caller: '' } } : await authorize(event as never)
  const { caller, ...rest } = context as { caller: string } & Record<string, string>
  return request(handler, key, { ...asked, ...more, params, headers, caller, context: rest })
}

async function depthOf(QueueUrl: string): Promise<string> {
  const { Attributes } = await sqs().send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  )
  const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: taken } =
    Attributes ?? {}
  return `${waiting} + ${taken}`
}
