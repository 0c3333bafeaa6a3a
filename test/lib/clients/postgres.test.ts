import { closePostgres, withTenant } from '../../../lib/clients/postgres.ts'

afterAll(closePostgres)

test('a transaction belongs to the venue it was asked for', async () => {
  const [row] = await withTenant('v-1', (tx) => tx`select current_setting('app.venue_id') as venue`)
  expect(row?.venue).toBe('v-1')
})
