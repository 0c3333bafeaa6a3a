import { Webhook } from 'standardwebhooks'
import type { Message, Outcome, Rendered, Target } from '../channel.ts'
import { deliveryKey } from './delivery-key.ts'
import { ordinaryWire, postJson } from './post.ts'
import { whyRefused } from './web-address.ts'

type WebhookTarget = Extract<Target, { kind: 'webhook' }>
type Event = Extract<Rendered, { kind: 'webhook' }>

/**
 * Posts an event as https://www.standardwebhooks.com has it: the same id at every attempt, signed
 * anew at each.
 */
export async function sendWebhook(
  { url, secret }: WebhookTarget,
  { dedupeKey, createdAt }: Message,
  { type, data }: Event,
  signal: AbortSignal,
  wire = ordinaryWire(),
): Promise<Outcome> {
  const refusal = whyRefused(url, wire.allowed)
  if (refusal) return { ok: false, isPassing: false, reason: `the address ${refusal}` }
  const body = JSON.stringify({ type, timestamp: createdAt.toISOString(), data })
  const id = deliveryKey(dedupeKey)
  const now = new Date()
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  }
  return await postJson(url, body, headers, signal, wire)
}
