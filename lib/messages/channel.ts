import { describeFault, log } from '../log.ts'
import { sendEmail } from './channels/email.ts'
import { sendToPhone } from './channels/phone.ts'
import { sendSlack } from './channels/slack.ts'
import { sendWebhook } from './channels/webhook.ts'

/** What a template made of a message, for one kind of channel. */
export type Rendered =
  | { kind: 'email'; subject: string; html: string; text: string }
  | { kind: 'sms' | 'push'; text: string }
  | { kind: 'slack'; blocks: object[]; text: string }
  | { kind: 'webhook'; type: string; data: object }

/** Where a contact point leads, its secrets unsealed; never logged, never answered. */
export type Target =
  | { kind: 'email'; address: string }
  | { kind: 'sms'; number: string }
  | { kind: 'push'; endpointArn: string }
  | { kind: 'slack'; url: string }
  | { kind: 'webhook'; url: string; secret: string }

export type Message = { id: string; dedupeKey: string; createdAt: Date; rendered: Rendered }

/**
 * How a sending ended. Passing: try again later; permanent: never again. `isUntried`: nothing has left
 * the house. `retryAfterSeconds` when the provider says so; `excerpt` is what a receiver answered, its
 * first KB.
 */
export type Outcome =
  | { ok: true; providerId: string | null }
  | {
      ok: false
      isPassing: boolean
      isUntried?: boolean
      reason: string
      retryAfterSeconds?: number
      status?: number
      excerpt?: string
    }

/** Sends one message to one target and tells how that ended; it never throws. */
export async function send(
  target: Target,
  message: Message,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await sentTo(target, message, signal)
  } catch (error) {
    log('error', 'a message could not be sent', { messageId: message.id, ...describeFault(error) })
    return { ok: false, isPassing: true, reason: 'the sending failed on our side' }
  }
}

async function sentTo(target: Target, message: Message, signal: AbortSignal): Promise<Outcome> {
  const { rendered } = message
  if (target.kind === 'email' && rendered.kind === 'email') {
    return await sendEmail(target, message, rendered, signal)
  }
  if (target.kind === 'slack' && rendered.kind === 'slack') {
    return await sendSlack(target, rendered, signal)
  }
  if (target.kind === 'webhook' && rendered.kind === 'webhook') {
    return await sendWebhook(target, message, rendered, signal)
  }
  const isNote = rendered.kind === 'sms' || rendered.kind === 'push'
  if (isNote && target.kind === rendered.kind) {
    return await sendToPhone(target, message, rendered, signal)
  }
  const reason = `what is rendered as ${rendered.kind} goes to no ${target.kind}`
  return { ok: false, isPassing: false, reason }
}
