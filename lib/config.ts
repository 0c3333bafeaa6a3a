import * as z from 'zod'

const isOrigin = (text: string) =>
  text === '*' || (/^https?:\/\/[^*]+$/.test(text) && URL.parse(text)?.origin === text)

/** Origins with commas between: https://app.example,https://admin.example. */
const origins = z
  .string()
  .default('')
  .transform((text) => text.split(',').map((one) => one.trim()).filter(Boolean)) // biome-ignore format: one step
  .refine((all) => all.every(isOrigin), { error: 'must be origins like https://app.example' })

/** Hosts with commas between, each with a port or without: localhost,127.0.0.1:8080. */
const hosts = z
  .string()
  .default('')
  .transform((text) => text.split(',').map((one) => one.trim().toLowerCase()).filter(Boolean)) // biome-ignore format: one step

const areSecure = (all: string[]) => all.every((one) => one.startsWith('https://'))

const seconds = (otherwise: number) => z.coerce.number().int().min(1).default(otherwise)
const perMinute = (otherwise: number) => z.coerce.number().int().min(1).default(otherwise)

/**
 * Settings by concern. A function reads only the concern it needs, so that a read function starts
 * without the queue's address; each reader reports every missing or wrong name at once.
 */
const concerns = {
  postgres: z.object({
    DATABASE_URL: z.string().min(1),
    DATABASE_READER_URL: z.string().min(1).optional(),
    DATABASE_JOB_URL: z.string().min(1).optional(),
    DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(10).default(2),
    DATABASE_DEADLINE_MS: z.coerce.number().int().min(100).default(8000),
  }),
  mongo: z.object({
    MONGODB_URI: z.string().min(1),
    MONGODB_DB: z.string().min(1).optional(),
    /** What a batch waits for Mongo at most, before its raw copies wait in the outbox. */
    MONGO_DEADLINE_MS: z.coerce.number().int().min(1).default(250),
  }),
  redis: z.object({
    UPSTASH_REDIS_REST_URL: z.url(),
    UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
    /** What a request or a batch waits for Redis at most, before it does without. */
    REDIS_DEADLINE_MS: z.coerce.number().int().min(1).default(200),
  }),
  /** How long what can be computed again is kept in Redis. */
  cache: z.object({
    METRICS_TTL_SECONDS: seconds(300),
    REALTIME_TTL_SECONDS: seconds(2 * 24 * 3600),
  }),
  queues: z.object({
    EVENTS_QUEUE_URL: z.url(),
    EVENTS_DEAD_LETTER_QUEUE_URL: z.url(),
  }),
  aggregation: z.object({ AGGREGATE_VENUE_QUEUE_URL: z.url() }),
  broadcast: z.object({ BROADCAST_QUEUE_URL: z.url() }),
  sockets: z.object({ WEBSOCKET_ENDPOINT: z.url() }),
  audits: z.object({ AUDIT_VENUE_QUEUE_URL: z.url() }),
  alerts: z.object({ EVALUATE_ALERTS_QUEUE_URL: z.url() }),
  notifications: z.object({ NOTIFICATIONS_QUEUE_URL: z.url() }),
  /** Where links in messages may lead, https alone; the first is where the service's own lead. */
  dashboards: z.object({
    DASHBOARD_ORIGINS: origins.refine(areSecure, { error: 'must be https' }),
  }),
  exports: z.object({ EXPORTS_QUEUE_URL: z.url() }),
  objects: z.object({ EXPORTS_BUCKET: z.string().min(1) }),
  tokens: z.object({
    JWKS_URL: z.url(),
    TOKEN_ISSUER: z.string().min(1),
    TOKEN_AUDIENCE: z.string().min(1),
  }),
  cors: z.object({ ALLOWED_ORIGINS: origins }),
  limits: z.object({
    READS_PER_MINUTE: perMinute(12_000),
    WRITES_PER_MINUTE: perMinute(12_000),
    INGESTS_PER_MINUTE: perMinute(60_000),
  }),
  mail: z.object({
    /** An address of a domain that SES knows, a name before it or not: Turnout <t@example.com>. */
    MAIL_FROM: z.string().regex(/^[^\s<>@]+@[^\s<>@]+$|^[^\p{Cc}<>]+<[^\s<>@]+@[^\s<>@]+>$/u),
  }),
  /** Hosts that messages go to whatever their address, by http too: for development. */
  webhooks: z.object({ WEBHOOK_ALLOWED_HOSTS: hosts }),
  privacy: z.object({ PSEUDONYM_SECRET: z.string().min(16) }),
}

type Concern = keyof typeof concerns
const read = new Map<Concern, unknown>()

/** The settings of one concern from the environment; throws one error naming everything wrong. */
export function config<C extends Concern>(concern: C): z.infer<(typeof concerns)[C]> {
  const known = read.get(concern)
  if (known) return known as z.infer<(typeof concerns)[C]>
  // An empty variable is an absent one: that is how templates spell "not set".
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
  const parsed = concerns[concern].safeParse(given)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The environment lacks settings for ${concern}: ${wrong.join('; ')}`)
  }
  read.set(concern, parsed.data)
  return parsed.data as z.infer<(typeof concerns)[C]>
}
