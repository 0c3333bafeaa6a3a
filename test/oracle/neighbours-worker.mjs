/** A process of which one connection is lost while another is at work; tells what became of each. */
import { closePostgres, withTenantJob } from '../../lib/clients/postgres.ts'

const told = (work) => withTenantJob('v-1', work).then(() => 'done', (error) => error.name) // biome-ignore format: one line
const neighbour = told((tx) => tx`select pg_sleep(2)`)
const lost = await told((tx) => tx`select pg_terminate_backend(pg_backend_pid())`)
const next = await told((tx) => tx`select 1`)
process.stdout.write(JSON.stringify({ lost, next, neighbour: await neighbour }))
await closePostgres()
process.exit(0)
