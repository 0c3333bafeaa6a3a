import { roles } from '../../lib/access/grants.ts'
import { good } from '../support/good-requests.ts'
import { absent, foreign, makeWorld, own, type Row } from './world.ts'

jest.setTimeout(120_000)

let world: Awaited<ReturnType<typeof makeWorld>>
let names: { foreign: Record<string, string>; absent: Record<string, string> }

beforeAll(async () => {
  world = await makeWorld()
  names = {
    // of what a venue has: an id of the other venue
    foreign: {
      venueId: foreign,
      eventId: 'only_there',
      metric: 'only_there',
      name: 'only_there',
      ...world.foreignIds,
    },
    absent: {
      venueId: absent,
      eventId: 'never',
      metric: 'never',
      quarantineId: '00000000-0000-4000-8000-000000000000',
      runId: '00000000-0000-4000-8000-000000000000',
      exportId: '00000000-0000-4000-8000-000000000000',
      scheduleId: '00000000-0000-4000-8000-000000000000',
      messageId: '00000000-0000-4000-8000-000000000000',
      contactPointId: '00000000-0000-4000-8000-000000000000',
      alertId: '00000000-0000-4000-8000-000000000000',
      instanceId: '00000000-0000-4000-8000-000000000000',
      silenceId: '00000000-0000-4000-8000-000000000000',
      muteWindowId: '00000000-0000-4000-8000-000000000000',
      policyId: '00000000-0000-4000-8000-000000000000',
      key: 'never',
      locale: 'never',
      type: 'never',
      file: 'never',
      job: 'never',
      name: 'never',
    },
  }
})
afterAll(() => world?.close())

/** What a caller holds, by venue. */
const held: Record<string, Record<string, (typeof roles)[number]>> = {
  viewer: { [own]: 'viewer' },
  analyst: { [own]: 'analyst' },
  manager: { [own]: 'manager' },
  owner: { [own]: 'owner' },
  'owner of the other venue': { [foreign]: 'owner' },
  'viewer here and owner there': { [own]: 'viewer', [foreign]: 'owner' },
}
const writeKeys: Record<string, string> = {
  'write key': own,
  'write key of the other venue': foreign,
}
const unknown = ['nobody', 'malformed', 'expired', 'forged']

/** The status that the contract (§2) has for a caller, a route and a venue, all ids being right. */
function expected({ key, route: { access, status } }: Row, who: string, venue: string): number {
  if (access === 'public') return status
  if (unknown.includes(who)) return 401
  if (access === 'ops') return who === 'operations' ? status : 403
  if (key === 'POST /v1/ws/tickets') return held[who] ? status : 403
  if (/^GET .v1.(export-types|alert-templates)$/.test(key)) return status
  if (key.includes(' /v1/me/')) return who in writeKeys ? 403 : status
  if (access === 'token') {
    const maySend = Object.values(held[who] ?? {}).some((role) => roles.indexOf(role) >= 2)
    return maySend || who in writeKeys ? status : 403
  }
  if (writeKeys[who] === venue) return 403
  const role = held[who]?.[venue]
  if (!role) return 404
  return roles.indexOf(role) >= roles.indexOf(access) ? status : 403
}

type Case = { who: string; params: Record<string, string>; status: number }

/** Every caller with each id of the path being the own one, a foreign one and an absent one. */
function casesOf(row: Row): Case[] {
  const inPath = [...row.key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  return Object.keys(world.tokens).flatMap((who) => {
    const others = inPath.flatMap((name) =>
      [names.foreign[name], names.absent[name]].flatMap((id): Case[] => {
        if (id === undefined) return []
        // what the other venue has by the ids that it knows
        const theirs = Object.entries(id === foreign ? world.foreignIds : {})
        const params = {
          [name]: id,
          ...Object.fromEntries(theirs.filter(([known]) => inPath.includes(known))),
        }
        // of theirs one that is over can be asked to end, and says that it is
        const inVenue = expected(row, who, name === 'venueId' ? id : own)
        const isEnded = row.key.endsWith('/cancel') && id === foreign && inVenue < 400
        // and its contact points are not those that our body names
        const isNamed = row.key.endsWith('POST /v1/venues/{venueId}/escalation-policies')
        const isLost = isNamed && id === foreign && inVenue < 400
        const refused = isEnded ? 409 : isLost ? 422 : undefined
        const status = refused ?? (name !== 'venueId' && inVenue < 400 ? 404 : inVenue)
        return [{ who, params, status }]
      }),
    )
    return [{ who, params: {}, status: expected(row, who, own) }, ...others]
  })
}

const isRead = ({ key }: Row) => key.startsWith('GET ') || key.endsWith('/query')

async function findingsOf(row: Row, cases: Case[]): Promise<string[]> {
  const findings: string[] = []
  for (const { who, params, status } of cases) {
    const answer = await world.ask(row, who, { params: { ...good[row.key]?.params, ...params } })
    if (answer.status === status) continue
    findings.push(`${row.key} ${JSON.stringify(params)} as ${who}: ${answer.status}, not ${status}`)
  }
  return findings
}

test('both venues have rows in every table, so that unchanged rows prove something', async () => {
  const { migrations: _, messages, ...tables } = await world.state()
  const empty = Object.entries(tables).filter(([, print]) => print.startsWith('0 '))
  expect([empty, messages]).toEqual([[], '0 + 0'])
  expect(Object.keys(tables).length).toBeGreaterThan(15)
})

test('every id of a path has a foreign or an absent one in this test', () => {
  const inPaths = world.rows.flatMap(({ key }) =>
    [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
  )
  expect(inPaths.filter((name) => !(name in names.absent))).toEqual([])
})

test('every route × every caller × own, foreign and absent ids: the status of the contract, and no refused request or read changes a row or sends a message', async () => {
  const before = await world.state()
  let asked = 0
  for (const row of world.rows) {
    const cases = casesOf(row).filter(({ status }) => status >= 400 || isRead(row))
    expect([row.key, await findingsOf(row, cases)]).toEqual([row.key, []])
    expect([row.key, await world.state()]).toEqual([row.key, before])
    asked += cases.length
  }
  expect(world.rows.length).toBeGreaterThan(25)
  expect(asked).toBeGreaterThan(900)
})

test('what a caller may do is done', async () => {
  for (const row of world.rows.filter((one) => !isRead(one))) {
    const cases = casesOf(row).filter(({ status }) => status < 400)
    expect([row.key, cases.length > 0]).toEqual([row.key, true])
    expect([row.key, await findingsOf(row, cases)]).toEqual([row.key, []])
  }
})

test('the other venue has seen none of it', async () => {
  const row = world.rows.find(({ key }) => key === 'GET /v1/venues/{venueId}/ingest/quarantine')
  const { body } = await world.ask(row as Row, 'owner of the other venue', {
    params: { venueId: foreign },
    query: { state: 'kept' },
  })
  expect(body.items).toHaveLength(2)
  expect(Object.keys(Object.prototype)).toEqual([])
})
