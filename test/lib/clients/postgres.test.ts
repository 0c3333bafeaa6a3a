import { closePostgres, withTenant, withTenantJob } from '../../../lib/clients/postgres.ts'
import { config } from '../../../lib/config.ts'

afterAll(closePostgres)

test('a transaction belongs to the venue it was asked for', async () => {
  const [row] = await withTenant('v-1', (tx) => tx`select current_setting('app.venue_id') as venue`)
  expect(row?.venue).toBe('v-1')
})

const slow = (seconds: number) =>
  withTenantJob('v-1', async (tx) => {
    await tx`select pg_sleep(${seconds}::text::float8)`
    return 'done'
  })

test('who waits long for a place in a full pool gets one, and takes none from anybody', async () => {
  const done = await Promise.all(Array.from({ length: 10 }, () => slow(1.2)))
  expect(done).toEqual(Array(10).fill('done'))
}, 30_000)

test('who got no place within the deadline is told so, and those at work go on', async () => {
  const settings = config('postgres')
  const { DATABASE_DEADLINE_MS } = settings
  const atWork = [1, 2].map(() => withTenant('v-1', (tx) => tx`select pg_sleep(1)`))
  settings.DATABASE_DEADLINE_MS = 300
  const late = withTenant('v-1', (tx) => tx`select 1`)
  settings.DATABASE_DEADLINE_MS = DATABASE_DEADLINE_MS
  const cause = { message: 'no answer within 300 ms' }
  await expect(late).rejects.toMatchObject({ name: 'StoreUnavailable', cause })
  await expect(Promise.all(atWork)).resolves.toHaveLength(2)
})
