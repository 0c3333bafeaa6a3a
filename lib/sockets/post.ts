import {
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { sockets } from '../clients/sockets.ts'
import { within } from '../deadline.ts'
import { describeFault, log } from '../log.ts'

/** What became of a message: handed over, the socket is gone, or it did not take it in time. */
export type Posted = 'told' | 'gone' | 'failed'

// A slow consumer holds up nobody for longer than that.
const postMs = 1000

/** Hands a text to a socket within a second; never throws. */
export async function post(ConnectionId: string, text: string): Promise<Posted> {
  const aborter = new AbortController()
  const command = new PostToConnectionCommand({ ConnectionId, Data: Buffer.from(text) })
  try {
    await within(postMs, sockets().send(command, { abortSignal: aborter.signal }))
    return 'told'
  } catch (error) {
    aborter.abort()
    if (isGone(error)) return 'gone'
    log('warn', 'a socket did not take a message', describeFault(error))
    return 'failed'
  }
}

/** Closes a socket; one that is closed already is as well. */
export async function hangUp(ConnectionId: string): Promise<void> {
  try {
    await within(postMs, sockets().send(new DeleteConnectionCommand({ ConnectionId })))
  } catch (error) {
    if (!isGone(error)) log('warn', 'a socket was not closed', describeFault(error))
  }
}

const isGone = (error: unknown): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 410
