/**
 * The write path of the old service, rebuilt from its audit: MetricsService.recordMetric, one event
 * at a time. Names and steps are the audit's; only what the compiler demands was added.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type postgres from 'postgres'

type Stores = { sql: postgres.Sql; redis: Redis }
type Recorded = { venueId: string; metricType: string; value: number; dimensions: object }

const ttlSeconds = 300

/** The table the audit's MetricModel writes to, with the index its questions need. */
export async function createOldTables(sql: postgres.Sql): Promise<void> {
  await sql`
    create table analytics_metrics (
      id uuid primary key, venue_id text not null, metric_type text not null,
      value double precision not null, timestamp timestamptz not null, granularity jsonb,
      dimensions jsonb, metadata jsonb, created_at timestamptz not null)`
  await sql`create index on analytics_metrics (venue_id, metric_type, timestamp)`
}

/** What else lies in the old service's Redis: sessions, live metrics and caches of other venues. */
export async function fillOldRedis(redis: Redis, count: number): Promise<void> {
  const pipeline = redis.pipeline()
  for (let i = 0; i < count; i += 1) {
    const key = [
      `session:${randomUUID()}`,
      `realtime:data:venue-${i}:ticketSales`,
      `analytics:metrics:venue-${i}:ticketSales`,
    ][i % 3] as string
    pipeline.set(key, JSON.stringify({ venueId: `venue-${i}`, value: i }))
  }
  await pipeline.exec()
}

/** MetricsService.recordMetric: the row, the live value, and the venue's caches thrown away. */
export async function recordMetric(stores: Stores, told: Recorded): Promise<void> {
  await createMetric(stores, told)
  await updateRealTimeMetric(stores, told)
  await invalidateVenueCache(stores, told.venueId)
}

// MetricModel.createMetric → BaseModel.create
async function createMetric({ sql }: Stores, told: Recorded): Promise<void> {
  const now = new Date()
  await sql`
    insert into analytics_metrics ${sql({
      id: randomUUID(),
      venue_id: told.venueId,
      metric_type: told.metricType,
      value: told.value,
      timestamp: now,
      granularity: sql.json({ unit: 'minute', value: 1 }),
      dimensions: sql.json(told.dimensions as never),
      metadata: sql.json({}),
      created_at: now,
    })} returning *`
}

// RealtimeModel.updateRealTimeMetric
async function updateRealTimeMetric({ redis }: Stores, told: Recorded): Promise<void> {
  const { venueId, metricType, value } = told
  const key = `realtime:${venueId}:${metricType}`
  const previousValue = await redis.get(key)
  const prev = previousValue ? Number.parseFloat(previousValue) : 0
  await redis.set(key, value.toString())
  await redis.expire(key, ttlSeconds)
  const change = value - prev
  const metric = {
    metricType,
    currentValue: value,
    previousValue: prev,
    change,
    changePercent: prev > 0 ? (change / prev) * 100 : 0,
    trend: change > 0 ? 'up' : change < 0 ? 'down' : 'stable',
    lastUpdated: new Date(),
  }
  await publishMetricUpdate(redis, venueId, metricType, metric)
}

// RealtimeModel.publishMetricUpdate
async function publishMetricUpdate(
  redis: Redis,
  venueId: string,
  metricType: string,
  data: object,
) {
  const dataKey = `realtime:data:${venueId}:${metricType}`
  await redis.set(dataKey, JSON.stringify(data))
  await redis.expire(dataKey, ttlSeconds)
  await redis.publish(`metrics:${venueId}:${metricType}`, JSON.stringify(data))
}

// CacheModel.invalidateVenueCache → deletePattern
async function invalidateVenueCache({ redis }: Stores, venueId: string): Promise<void> {
  const keys = await redis.keys(`analytics:*:${venueId}:*`)
  if (keys.length > 0) await redis.del(...keys)
}
