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
 * How a sending ended. Passing: try again later; permanent: never again. `retryAfterSeconds` when
 * the provider says so.
 */
export type Outcome =
  | { ok: true; providerId: string | null }
  | {
      ok: false
      isPassing: boolean
      reason: string
      retryAfterSeconds?: number
      status?: number
    }

/** Sends one message to one target and tells how that ended; it never throws. */
export async function send(
  target: Target,
  message: Message,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted()
  return { ok: false, isPassing: true, reason: `${target.kind} of ${message.id} is not built yet` }
}
