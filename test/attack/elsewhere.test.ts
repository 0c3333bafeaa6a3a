import type * as z from 'zod'
import { paid } from '../support/events.ts'
import { good } from '../support/good-requests.ts'
import { foreign, makeWorld, own, type Row } from './world.ts'

jest.setTimeout(120_000)

let world: Awaited<ReturnType<typeof makeWorld>>
let before: Awaited<ReturnType<typeof rowsAndMessages>>

beforeAll(async () => {
  world = await makeWorld()
  before = await rowsAndMessages()
})
afterEach(async () => expect(await rowsAndMessages()).toEqual(before))
afterAll(() => world?.close())

/** Without the keys of writes that were done, each of whose items was refused. */
async function rowsAndMessages() {
  const { idempotency_keys: _, ...rest } = await world.state()
  return rest
}

const rowOf = (key: string) => world.rows.find((row) => row.key === key) as Row
const strongest = ({ route }: Row) => (route.access === 'ops' ? 'operations' : 'owner')
const fieldsOf = (schema: z.ZodType | undefined) =>
  (schema as z.ZodObject | undefined)?.shape as Record<string, unknown> | undefined
const issuesOf = (body: { issues?: { path: string }[] }) => body.issues?.map(({ path }) => path)

const claimed = {
  venue_id: foreign,
  venueId: foreign,
  id: '1',
  created_at: '2026-06-01T00:00:00Z',
  createdAt: '2026-06-01T00:00:00Z',
  status: 'active',
  role: 'owner',
  is_public: true,
  owner_id: 'u-2',
  userId: 'u-2',
  revision: 9,
  quarantine_id: '1',
  state: 'counted',
}

/** The person whom a contact point reaches, or whom something is given to: a manager names them. */
const mayBeTold = (row: Row, name: string) =>
  name === 'userId' && /\/(contact-points|assign$)/.test(row.key)

test('a field that a body must not say is refused by its name, on every route with a body', async () => {
  const withBody = world.rows.filter(({ route }) => route.body)
  expect(withBody.length).toBeGreaterThan(3)
  for (const row of withBody) {
    const told = good[row.key]?.body
    for (const [name, value] of Object.entries(claimed)) {
      if (mayBeTold(row, name)) continue
      const body = Array.isArray(told)
        ? told.map((item) => ({ ...item, [name]: value }))
        : { ...(told as object), [name]: value }
      const answer = await world.ask(row, strongest(row), { body })
      const path = Array.isArray(told) ? `0.${name}` : name
      expect([row.key, answer.status, issuesOf(answer.body)]).toEqual([row.key, 400, [path]])
    }
  }
})

test('the other venue in a query is refused by its name, on every route', async () => {
  for (const row of world.rows) {
    for (const name of ['venue_id', 'venueId', 'venue', 'user_id', 'role']) {
      const query = { ...good[row.key]?.query, [name]: foreign }
      const answer = await world.ask(row, strongest(row), { query })
      expect([row.key, answer.status, issuesOf(answer.body)]).toEqual([row.key, 400, [name]])
    }
  }
})

test('an event of the other venue is rejected as of one that does not exist', async () => {
  const row = rowOf('POST /v1/ingest/events')
  for (const who of ['manager', 'owner', 'write key', 'viewer here and owner there']) {
    const there = who === 'viewer here and owner there' ? own : foreign
    const answers = []
    for (const venue of [there, 'v-never']) {
      const { status, body } = await world.ask(row, who, {
        body: [paid(venue, { event_id: 'e-1' })],
        headers: { 'idempotency-key': `${who} ${venue}` },
      })
      answers.push({ status, ...body })
    }
    const code = there === own ? 'forbidden' : 'not_found'
    expect([who, answers[0]]).toMatchObject([
      who,
      { status: 202, accepted: 0, rejected: [{ index: 0, eventId: 'e-1', code }] },
    ])
    if (there === foreign) expect(answers[0]).toEqual(answers[1])
  }
})

test('ids of the other venue in a replay are told as absent ones are', async () => {
  const row = rowOf('POST /v1/venues/{venueId}/ingest/quarantine/replay')
  const never = '00000000-0000-4000-8000-000000000000'
  const told = []
  for (const id of [world.foreignIds.quarantineId, never]) {
    const headers = { 'idempotency-key': id }
    const { status, body } = await world.ask(row, 'owner', { body: { ids: [id] }, headers })
    const [{ id: refused, ...why }] = body.refused
    expect([status, body.replayed, refused]).toEqual([202, 0, id])
    told.push(why)
  }
  expect(told[0]).toEqual(told[1])
})

/** A page of a list, of whichever door: GET with a query, or a question in a body. */
function pageOf(row: Row, who: string, page: Record<string, unknown>, venueId = own) {
  const params = { ...good[row.key]?.params, venueId }
  if (fieldsOf(row.route.body)?.cursor) {
    const body = { ...(good[row.key]?.body as object), ...page }
    return world.ask(row, who, { body, params })
  }
  const asked = Object.entries(page).map(([name, v]) => [name, String(v)])
  const query = { ...good[row.key]?.query, ...Object.fromEntries(asked) }
  return world.ask(row, who, { query, params })
}

const lists = () =>
  world.rows.filter(({ route }) => fieldsOf(route.query)?.cursor || fieldsOf(route.body)?.cursor)

const firstCursor = async (row: Row, who: string, venueId = own): Promise<string> =>
  (await pageOf(row, who, { limit: 1 }, venueId)).body.nextCursor

test('a cursor of the other venue, of another list or altered in any letter is refused', async () => {
  expect(lists().length).toBeGreaterThan(4)
  for (const row of lists()) {
    const who = strongest(row)
    const mine = await firstCursor(row, who)
    expect([row.key, mine]).toEqual([row.key, expect.stringMatching(/^[\w-]+\.[\w-]+$/)])
    const bad = [...mine].map((letter, at) => {
      const other = letter === 'A' ? 'B' : 'A'
      return `${mine.slice(0, at)}${other}${mine.slice(at + 1)}`
    })
    bad.push(
      `${mine}.`,
      `${mine}A`,
      mine.slice(1),
      `.${mine}`,
      mine.split('.')[0] ?? '',
      `${mine}=`,
    )
    for (const list of lists()) {
      if (list.key !== row.key) bad.push(await firstCursor(list, strongest(list)))
    }
    if (who === 'owner') bad.push(await firstCursor(row, 'owner of the other venue', foreign))
    for (const cursor of bad) {
      const answer = await pageOf(row, who, { limit: 1, cursor })
      const found = [row.key, cursor, answer.status, issuesOf(answer.body)]
      expect(found).toEqual([row.key, cursor, 400, ['cursor']])
    }
    expect((await pageOf(row, who, { limit: 1, cursor: mine })).status).toBe(200)
  }
})

test('a page of a billion, of none or of less is refused, on every list', async () => {
  for (const row of [...lists(), rowOf('GET /v1/ops/dlq')]) {
    for (const limit of [1e9, 1e21, 0, -1, 1.5]) {
      const answer = await pageOf(row, strongest(row), { limit })
      const found = [row.key, limit, answer.status, issuesOf(answer.body)?.[0]]
      expect(found).toEqual([row.key, limit, 400, 'limit'])
    }
  }
})
