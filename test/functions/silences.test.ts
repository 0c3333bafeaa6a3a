import { handler as alerts } from '../../functions/http/alerts.ts'
import { handler as policies } from '../../functions/http/escalation-policies.ts'
import { handler as windows } from '../../functions/http/mute-windows.ts'
import { handler as silences } from '../../functions/http/silences.ts'
import type { Role } from '../../lib/access/grants.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { alertIn, muteWindowIn, policyIn, silenceIn } from '../support/alerts.ts'
import { unique } from '../support/events.ts'
import { type Asked, type HttpHandler, request } from '../support/http.ts'
import { addTarget } from '../support/messages.ts'
import { closeStores } from '../support/service.ts'

afterAll(closeStores)

const handlers: Record<string, HttpHandler> = {
  alerts,
  silences,
  'mute-windows': windows,
  'escalation-policies': policies,
}
const nameOf: Record<string, string> = {
  alerts: 'alertId',
  silences: 'silenceId',
  'mute-windows': 'muteWindowId',
  'escalation-policies': 'policyId',
}
const always = { 'if-match': '*' }
const nowhere = '00000000-0000-4000-8000-000000000000'

/** Calls a route as somebody of a venue: `POST silences`, or `GET silences` with an id for one. */
function ask(venueId: string, key: string, more: Asked & { id?: string; role?: Role } = {}) {
  const { id, role = 'manager', headers, ...rest } = more
  const [method = '', resource = ''] = key.split(' ')
  const name = nameOf[resource] ?? ''
  const caller = { userId: 'u-ana', venues: { [venueId]: role } }
  const params = { venueId, ...(id !== undefined && { [name]: id }) }
  const path = `/v1/venues/{venueId}/${resource}${id === undefined ? '' : `/{${name}}`}`
  const handler = handlers[resource] as HttpHandler
  const own = { ...(method !== 'GET' && { 'idempotency-key': unique('k') }), ...headers }
  return request(handler, `${method} ${path}`, { caller, params, ...rest, headers: own })
}
const issueOf = ({ status, body }: { status: number; body: { issues?: { path: string }[] } }) => [
  status,
  body.issues?.[0]?.path,
]
const idsOf = ({ body }: { body: { items: { id: string }[] } }) => body.items.map(({ id }) => id)

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()
const matchers = [
  { name: 'label.event', op: 'eq', value: 'show-1' },
  { name: 'label.gate', op: 'not_in', values: ['north', 'south'] },
]
const silence = () => ({ matchers, comment: 'Rehearsal', endsAt: hours(1) })
const policyOf = (...ids: string[]) => ({
  name: 'The doors',
  steps: ids.map((id, i) => ({ after: `${i * 10}m`, contactPointIds: [id] })),
})

test('a silence begins now where nothing else is said, and is told whole', async () => {
  const venue = unique('v')
  const body = { ...silence(), comment: ' Rehearsal ' }
  const made = await ask(venue, 'POST silences', { body })
  expect([made.status, made.body.issues]).toEqual([201, undefined])
  expect(made.body).toMatchObject({ matchers, comment: 'Rehearsal', state: 'active' })
  expect([made.body.createdBy, Date.parse(made.body.endsAt)]).toEqual([
    ...['u-ana', Date.parse(body.endsAt)],
  ])
  expect(Math.abs(Date.parse(made.body.startsAt) - Date.now())).toBeLessThan(10_000)
  expect(made.headers.location).toBe(`/v1/venues/${venue}/silences/${made.body.id}`)
  const read = await ask(venue, 'GET silences', { id: made.body.id, role: 'viewer' })
  expect(read.body).toEqual(made.body)
})

test('a silence that nobody could mean is refused by its field', async () => {
  const venue = unique('v')
  const wrong: [string, object][] = [
    ['endsAt', { endsAt: undefined }],
    ['endsAt', { endsAt: hours(-1) }],
    ['endsAt', { startsAt: hours(-3), endsAt: hours(-1) }],
    ['endsAt', { startsAt: hours(2), endsAt: hours(2) }],
    ['endsAt', { startsAt: hours(1), endsAt: hours(1 + 90 * 24 + 1) }],
    ['endsAt', { endsAt: '2026-06-01T20:00:00' }],
    ['startsAt', { startsAt: 'tomorrow' }],
    ['startsAt', { startsAt: '+010000-01-01T00:00:00Z' }],
    ['comment', { comment: ' ' }],
    ['matchers', { matchers: [] }],
    ['matchers.0.op', { matchers: [{ name: 'label.event', op: 'like', value: 'x' }] }],
    ['matchers.0.value', { matchers: [{ name: 'label.event', op: 'eq' }] }],
    ['matchers.0.value', { matchers: [{ name: 'severity', op: 'eq', value: 'worst' }] }],
    ['matchers.0.values.1', { matchers: [{ name: 'metric', op: 'in', values: ['orders', 'x'] }] }],
    ['matchers.0.values', { matchers: [{ name: 'label.event', op: 'in', values: [] }] }],
    [
      'matchers.0.value',
      { matchers: [{ name: 'label.event', op: 'in', values: ['x'], value: 'x' }] },
    ],
    ['colour', { colour: 'red' }],
  ]
  for (const [path, more] of wrong) {
    const answer = await ask(venue, 'POST silences', { body: { ...silence(), ...more } })
    expect([more, ...issueOf(answer)]).toEqual([more, 400, path])
  }
  const longest = { startsAt: hours(1), endsAt: hours(1 + 90 * 24) }
  const { status } = await ask(venue, 'POST silences', { body: { ...silence(), ...longest } })
  expect(status).toBe(201)
})

test('matchers name alerts of the venue, or are refused by their field', async () => {
  const venue = unique('v')
  const [mine, theirs] = [await alertIn(venue), await alertIn(unique('v'))]
  const night = { name: 'Nights', from: '23:00', to: '08:00' }
  const { id } = (await ask(venue, 'POST mute-windows', { body: night })).body
  const naming = (...values: string[]) => [{ name: 'alertId', op: 'in', values }]
  const tries = (named: object) => [
    ask(venue, 'POST silences', { body: { ...silence(), matchers: named } }),
    ask(venue, 'POST mute-windows', { body: { ...night, matchers: named } }),
    ask(venue, 'PATCH mute-windows', { id, body: { matchers: named }, headers: always }),
  ]
  const right = await Promise.all(tries(naming(mine)))
  expect(right.map(({ status }) => status)).toEqual([201, 201, 200])
  for (const wrong of [theirs, nowhere, 'doors', mine.toUpperCase()]) {
    const refused = await Promise.all(tries(naming(mine, wrong)))
    expect(refused.map(issueOf)).toEqual(Array(3).fill([422, 'matchers.0.values.1']))
  }
})

test('silences are listed by state, the latest first, and ended ones stay', async () => {
  const venue = unique('v')
  const made = async (more = {}) =>
    (await ask(venue, 'POST silences', { body: { ...silence(), ...more } })).body.id
  const [active, pending, ended] = [
    await made({ startsAt: hours(-1) }),
    await made({ startsAt: hours(0.5) }),
    await made(),
  ]
  expect((await ask(venue, 'DELETE silences', { id: ended })).status).toBe(204)
  expect((await ask(venue, 'DELETE silences', { id: ended })).status).toBe(409)
  const list = async (query: Record<string, string>) =>
    idsOf(await ask(venue, 'GET silences', { query }))
  expect(await list({})).toEqual([ended, pending, active])
  expect(await list({ state: 'active' })).toEqual([active])
  expect(await list({ state: 'pending' })).toEqual([pending])
  expect(await list({ state: 'expired' })).toEqual([ended])
  const over = (await ask(venue, 'GET silences', { id: ended })).body
  expect(Date.parse(over.endsAt)).toBeLessThanOrEqual(Date.now() + 1000)
  // One that has not begun leaves nothing behind.
  expect((await ask(venue, 'DELETE silences', { id: pending })).status).toBe(204)
  expect((await ask(venue, 'GET silences', { id: pending })).status).toBe(404)
})

test('silences that were over long ago are forgotten with the next one', async () => {
  const venue = unique('v')
  const [old, younger] = [await silenceIn(venue), await silenceIn(venue)]
  for (const [id, days] of [
    [old, 401],
    [younger, 399],
  ] as const) {
    await withTenant(
      venue,
      (tx) => tx`
        update silences
           set starts_at = now() - interval '402 days', ends_at = now() - ${days} * interval '1 day'
         where venue_id = ${venue} and silence_id = ${id}::text::uuid`,
    )
  }
  const latest = await silenceIn(venue)
  expect(idsOf(await ask(venue, 'GET silences'))).toEqual([latest, younger])
})

const night = { name: 'Nights', from: '23:00', to: '08:00' }

test('a mute window is told flat, and a change keeps what it leaves out', async () => {
  const venue = unique('v')
  const made = await ask(venue, 'POST mute-windows', { body: night })
  expect(made.status).toBe(201)
  const { id, createdAt, ...told } = made.body
  expect(told).toEqual({
    ...{ ...night, tz: null, days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
    ...{ matchers: [], enabled: true, createdBy: 'u-ana' },
  })
  const change = { id, body: { tz: 'Europe/Berlin', days: ['sat'], matchers } }
  expect((await ask(venue, 'PATCH mute-windows', change)).status).toBe(428)
  const tag = { 'if-match': made.headers.etag ?? '' }
  const changed = await ask(venue, 'PATCH mute-windows', { ...change, headers: tag })
  expect(changed.body).toEqual({ id, createdAt, ...told, ...change.body })
  expect((await ask(venue, 'PATCH mute-windows', { ...change, headers: tag })).status).toBe(412)
  const read = await ask(venue, 'GET mute-windows', { id, role: 'viewer' })
  expect([read.body, read.headers.etag]).toEqual([changed.body, changed.headers.etag])
  expect((await ask(venue, 'DELETE mute-windows', { id })).status).toBe(204)
  expect((await ask(venue, 'GET mute-windows')).body.items).toEqual([])
})

test('a mute window of no time or of other clocks is refused by its field', async () => {
  const venue = unique('v')
  const id = await muteWindowIn(venue)
  const wrong: [string, object][] = [
    ['to', { from: '08:00', to: '08:00' }],
    ['from', { from: '25:00' }],
    ['days', { days: [] }],
    ['days', { days: ['sat', 'sat'] }],
    ['days.0', { days: ['caturday'] }],
    ['tz', { tz: 'Mars/Olympus' }],
    ['matchers.0.op', { matchers: [{ name: 'x', op: 'is', value: 'x' }] }],
    ['startsAt', { startsAt: hours(1) }],
  ]
  for (const [path, body] of wrong) {
    const made = await ask(venue, 'POST mute-windows', { body: { ...night, ...body } })
    const changed = await ask(venue, 'PATCH mute-windows', { id, body, headers: always })
    expect([body, issueOf(made), issueOf(changed)]).toEqual([body, [400, path], [400, path]])
  }
  const same = { id, body: { to: '23:00' }, headers: always }
  expect(issueOf(await ask(venue, 'PATCH mute-windows', same))).toEqual([400, 'to'])
})

test('an escalation policy is told whole, and a change keeps what it leaves out', async () => {
  const venue = unique('v')
  const [first, second] = [await addTarget(venue), await addTarget(venue)]
  const body = policyOf(first.toUpperCase(), second)
  const made = await ask(venue, 'POST escalation-policies', { body })
  expect([made.status, made.body.issues]).toEqual([201, undefined])
  const { id, createdAt, ...told } = made.body
  expect(told).toEqual({
    ...policyOf(first, second),
    ...{ groupInterval: '0s', repeatEvery: null, createdBy: 'u-ana' },
  })
  const change = { id, body: { repeatEvery: '1h', groupInterval: '5m' } }
  expect((await ask(venue, 'PATCH escalation-policies', change)).status).toBe(428)
  const tag = { 'if-match': made.headers.etag ?? '' }
  const changed = await ask(venue, 'PATCH escalation-policies', { ...change, headers: tag })
  expect(changed.body).toEqual({ id, createdAt, ...told, ...change.body })
  const stale = await ask(venue, 'PATCH escalation-policies', { ...change, headers: tag })
  expect(stale.status).toBe(412)
  const once = { id, body: { repeatEvery: null }, headers: always }
  expect((await ask(venue, 'PATCH escalation-policies', once)).body).toMatchObject({
    ...{ repeatEvery: null, groupInterval: '5m', steps: told.steps },
  })
  const read = await ask(venue, 'GET escalation-policies', { id, role: 'viewer' })
  expect(read.body.name).toBe('The doors')
})

test('steps come one after another and lead to contact points of the venue, or are refused', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const [mine, theirs, id] = [await addTarget(venue), await addTarget(other), await policyIn(venue)]
  const step = (after: string, ...contactPointIds: string[]) => ({ after, contactPointIds })
  const wrong: [number, string, object][] = [
    [400, 'steps', { steps: [] }],
    [400, 'steps', { steps: Array.from({ length: 11 }, (_, i) => step(`${i}m`, mine)) }],
    [400, 'steps.0.contactPointIds', { steps: [step('0s')] }],
    [400, 'steps.0.contactPointIds', { steps: [step('0s', mine, mine)] }],
    [400, 'steps.0.contactPointIds.0', { steps: [step('0s', 'x')] }],
    [400, 'steps.1.after', { steps: [step('10m', mine), step('600s', mine)] }],
    [400, 'steps.2.after', { steps: [step('0s', mine), step('1h', mine), step('30m', mine)] }],
    [400, 'steps.0.after', { steps: [step('soon', mine)] }],
    [400, 'groupInterval', { groupInterval: '2d' }],
    [400, 'repeatEvery', { repeatEvery: '4m' }],
    [400, 'repeatEvery', { repeatEvery: '8d' }],
    [422, 'steps.1.contactPointIds.1', { steps: [step('0s', mine), step('1m', mine, theirs)] }],
  ]
  for (const [status, path, body] of wrong) {
    const asked = { ...policyOf(mine), ...body }
    const made = await ask(venue, 'POST escalation-policies', { body: asked })
    const changed = await ask(venue, 'PATCH escalation-policies', { id, body, headers: always })
    expect([body, issueOf(made), issueOf(changed)]).toEqual([body, [status, path], [status, path]])
  }
})

test('a policy stays while alerts follow it, and the answer names them', async () => {
  const venue = unique('v')
  const id = await policyIn(venue)
  const followers = [
    await alertIn(venue, { name: 'Doors', escalationPolicyId: id }),
    await alertIn(venue, { name: 'Holds', escalationPolicyId: id, enabled: false }),
  ]
  const refused = await ask(venue, 'DELETE escalation-policies', { id })
  expect([refused.status, refused.body.code]).toEqual([409, 'conflict'])
  for (const told of ['Doors', 'Holds', ...followers]) expect(refused.body.detail).toContain(told)
  const [first = '', second = ''] = followers
  const none = { body: { escalationPolicyId: null }, headers: always }
  await ask(venue, 'PATCH alerts', { id: first, ...none })
  expect((await ask(venue, 'DELETE escalation-policies', { id })).body.detail).not.toContain(
    'Doors',
  )
  await ask(venue, 'DELETE alerts', { id: second })
  expect((await ask(venue, 'DELETE escalation-policies', { id })).status).toBe(204)
  expect((await ask(venue, 'DELETE escalation-policies', { id })).status).toBe(404)
})

const kinds: [string, (venueId: string) => Promise<string>, object | null][] = [
  ['silences', silenceIn, null],
  ['mute-windows', muteWindowIn, { enabled: false }],
  ['escalation-policies', policyIn, { name: 'x' }],
]
const bodyOf = async (venueId: string, kind: string): Promise<object> =>
  kind === 'silences'
    ? silence()
    : kind === 'mute-windows'
      ? night
      : policyOf(await addTarget(venueId))

test.each(kinds)('%s have pages', async (kind, make) => {
  const venue = unique('v')
  const made: string[] = []
  for (let i = 0; i < 5; i += 1) made.unshift(await make(venue))
  const paged: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: '2', ...(cursor && { cursor }) }
    const page = await ask(venue, `GET ${kind}`, { query })
    paged.push(...idsOf(page))
    cursor = page.body.nextCursor
  }
  expect(paged).toEqual(made)
})

test.each(kinds)('%s of another venue are none, for every verb', async (kind, make, change) => {
  const [venue, other] = [unique('v'), unique('v')]
  const theirs = await make(other)
  for (const id of [theirs, nowhere, 'x']) {
    expect((await ask(venue, `GET ${kind}`, { id })).status).toBe(404)
    expect((await ask(venue, `DELETE ${kind}`, { id })).status).toBe(404)
    if (!change) continue
    const asked = { id, body: change, headers: always }
    expect((await ask(venue, `PATCH ${kind}`, asked)).status).toBe(404)
  }
  expect(idsOf(await ask(other, `GET ${kind}`))).toEqual([theirs])
})

test.each(kinds)(
  'a viewer reads %s, and who manages the venue changes them',
  async (kind, make, change) => {
    const venue = unique('v')
    const id = await make(venue)
    const body = await bodyOf(venue, kind)
    for (const role of ['viewer', 'analyst'] as const) {
      expect((await ask(venue, `GET ${kind}`, { role })).status).toBe(200)
      expect((await ask(venue, `GET ${kind}`, { role, id })).status).toBe(200)
      expect((await ask(venue, `POST ${kind}`, { role, body })).status).toBe(403)
      expect((await ask(venue, `DELETE ${kind}`, { role, id })).status).toBe(403)
      if (!change) continue
      const asked = { role, id, body: change, headers: always }
      expect((await ask(venue, `PATCH ${kind}`, asked)).status).toBe(403)
    }
  },
)

test.each(kinds)('%s are made once by a key', async (kind) => {
  const venue = unique('v')
  const asked = { body: await bodyOf(venue, kind), headers: { 'idempotency-key': unique('k') } }
  const [first, second] = [
    await ask(venue, `POST ${kind}`, asked),
    await ask(venue, `POST ${kind}`, asked),
  ]
  expect([first.status, second.body]).toEqual([201, first.body])
  expect(idsOf(await ask(venue, `GET ${kind}`))).toEqual([first.body.id])
})

test.each([
  ['mute-windows', 'mute_windows', 100],
  ['escalation-policies', 'escalation_policies', 100],
  ['silences', 'silences', 500],
] as const)('of %s a venue has so many', async (kind, table, most) => {
  const venue = unique('v')
  const body = await bodyOf(venue, kind)
  const insert = {
    silences: `(venue_id, once_id, created_by, matchers, comment, starts_at, ends_at)
               select $1, 'k-' || n, 'u', '[]', 'x', now(), now() + interval '1 day'`,
    mute_windows: `(venue_id, once_id, created_by, name, hours, matchers, enabled)
                   select $1, 'k-' || n, 'u', 'x', '{}', '[]', true`,
    escalation_policies: `(venue_id, once_id, created_by, name, steps, group_interval)
                          select $1, 'k-' || n, 'u', 'x', '[]', '0s'`,
  }[table]
  await withTenant(venue, (tx) =>
    tx.unsafe(`insert into ${table} ${insert} from generate_series(1, ${most - 1}) n`, [venue]),
  )
  const answers = await Promise.all([1, 2, 3].map(() => ask(venue, `POST ${kind}`, { body })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422])
})
