import { MongoClient } from 'mongodb'
import postgres from 'postgres'
import { redis } from '../../lib/clients/redis.ts'
import type { JsonObject } from '../../lib/events/json.ts'

const token = ['eyJhbGciOiJFUzI1NiJ9', 'eyJzdWIiOiJjYW5hcnkifQ', 'Y2FuYXJ5LXNpZ25hdHVyZQ'].join('.')

/** Personal data and secrets that must never be found again. */
export const canaries = {
  email: 'canary.person@example.org',
  phone: '+49 170 5550177',
  card: '4111 1111 1111 1111',
  plainCard: '5500000000000004',
  ip: '203.0.113.77',
  name: 'Canaria Vogelsang',
  token,
  key: 'canarykey0123456789abcdef',
  password: 'canary-Passw0rd',
  database: 'postgres://canary_user:canary-dbpass@db.internal:5432/prod',
}

/** What is left of a canary wherever it was not taken out. */
export const traces =
  'canary\\.person|canary%2Eperson|5550177|4111 ?1111|55000000000000|203\\.0\\.113\\.77|Vogelsang' +
  '|eyJzdWIiOiJjYW5hcnkifQ|canarykey01|canary-Passw0rd|canary_user|canary-dbpass'

const { email, phone, card, plainCard, ip, name, key, password, database } = canaries

const sentence =
  `Call ${phone}, write to ${email}, card ${card} or ${plainCard} from ${ip}; ` +
  `password: ${password}; ${database}; Authorization: Bearer ${key}; token ${token}.`

const person = {
  email,
  first_name: name,
  buyerName: name,
  name,
  phone,
  cardNumber: plainCard,
  card: { number: card },
  ip_address: ip,
  password,
  api_key: key,
  accessToken: token,
  authorization: `Bearer ${key}`,
  database_url: database,
  note: sentence,
  url: `https://shop.example/?email=${encodeURIComponent(email)}&token=${key}&password=${password}`,
}

/** The event with the canaries in every place that takes text and in fields nobody knows. */
export function planted(event: JsonObject): JsonObject {
  const fields = (value: unknown) => value as JsonObject
  return {
    ...event,
    ...person,
    buyer: person,
    actor: { ...fields(event.actor), ...person, customer_id: email, anonymous_id: ip },
    context: {
      ...fields(event.context),
      ...person,
      ip,
      referrer: person.url,
      click_id: token,
      utm: { source: 'mail', campaign: sentence.slice(0, 290), ...person },
    },
    event_ref: { ...fields(event.event_ref), extra: [person, [person]] },
    data: { ...person, ...fields(event.data), holder: person, comment: sentence },
    trace_id: email,
    as_text: JSON.stringify({ deep: JSON.stringify(person) }),
  }
}

/** Where the canaries are found in Postgres, Mongo and Redis. */
export async function sightings(): Promise<string[]> {
  const found = await Promise.all([inPostgres(), inMongo(), inRedis()])
  return found.flat()
}

async function inPostgres(): Promise<string[]> {
  const admin = new URL(process.env.TURNOUT_PG_ADMIN_URL ?? '')
  admin.pathname = new URL(process.env.DATABASE_URL ?? '').pathname
  const sql = postgres(admin.href, { max: 1, onnotice: () => {} })
  try {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r'`
    const rows = await Promise.all(
      tables.map(
        ({ name: table }) => sql<{ row: string }[]>`
          select t::text as row from ${sql(table)} t where t::text ~* ${traces} limit 3`,
      ),
    )
    return rows.flatMap((some, i) => some.map(({ row }) => `${tables[i]?.name}: ${around(row)}`))
  } finally {
    await sql.end()
  }
}

async function inMongo(): Promise<string[]> {
  const client = await new MongoClient(process.env.MONGODB_URI ?? '').connect()
  try {
    const db = client.db(process.env.MONGODB_DB)
    const collections = await db.listCollections().toArray()
    const found = await Promise.all(
      collections.map(async ({ name: collection }) => {
        const documents = await db.collection(collection).find().toArray()
        return documents
          .map((document) => JSON.stringify(document))
          .filter(isSeen)
          .map((text) => `${collection}: ${around(text)}`)
      }),
    )
    return found.flat()
  } finally {
    await client.close()
  }
}

type Pipeline = ReturnType<ReturnType<typeof redis>['pipeline']>

async function inOneRequest(
  keys: string[],
  ask: (pipeline: Pipeline, key: string, at: number) => void,
): Promise<unknown[]> {
  const pipeline = redis().pipeline()
  for (const [at, key] of keys.entries()) ask(pipeline, key, at)
  return keys.length > 0 ? pipeline.exec() : []
}

async function inRedis(): Promise<string[]> {
  const keys = await redis().keys('*')
  const types = await inOneRequest(keys, (pipeline, key) => pipeline.type(key))
  const values = await inOneRequest(keys, (pipeline, key, at) => {
    if (types[at] === 'hash') pipeline.hgetall(key)
    else if (types[at] === 'list') pipeline.lrange(key, 0, -1)
    else pipeline.get(key) // a type that is not known here fails
  })
  return [...keys, ...values.map((value) => JSON.stringify(value))]
    .filter(isSeen)
    .map((text) => `redis: ${around(text)}`)
}

const pattern = new RegExp(traces, 'i')

/** Whether a text holds a canary. */
export const isSeen = (text: string): boolean => pattern.test(text)

/** The canary in a text and what stands around it. */
export function around(text: string): string {
  const at = pattern.exec(text)?.index ?? 0
  return text.slice(Math.max(0, at - 60), at + 60)
}
