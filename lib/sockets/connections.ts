import * as z from 'zod'
import { withoutTenant } from '../clients/postgres.ts'
import { countSockets, deleteConnections } from './store.ts'

/** Forgets a socket that was closed. */
export const closeConnection = (connectionId: string): Promise<void> =>
  withoutTenant((tx) => deleteConnections(tx, [connectionId]))

export const SocketCounts = z
  .object({
    connections: z.int(),
    users: z.int(),
    subscriptions: z
      .record(z.string(), z.int())
      .meta({ description: 'By kind of channel: summary, metric, sales, door, …' }),
  })
  .meta({
    id: 'SocketCounts',
    examples: [{ connections: 3, users: 2, subscriptions: { summary: 3, metric: 1 } }],
  })
export type SocketCounts = z.infer<typeof SocketCounts>

/** How many sockets are open, and what they listen to. */
export const socketCounts = (): Promise<SocketCounts> => withoutTenant(countSockets)
