import * as z from 'zod'

const maxChannels = 100

/** What a client sends. */
export const ClientFrame = z.object({
  v: z.literal(1).default(1),
  action: z.string().max(64),
  id: z.string().max(128).optional(),
  channel: z.string().max(1000).optional(),
  channels: z.array(z.string().max(1000)).min(1).max(maxChannels).optional(),
  fromSeq: z.int().min(0).optional(),
  ticket: z.string().max(200).optional(),
})
export type ClientFrame = z.output<typeof ClientFrame>

export type ErrorCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden_channel'
  | 'unknown_channel'
  | 'too_many_subscriptions'
  | 'expired'
  | 'unavailable'
  | 'internal'

/** What the service sends, without its data. */
export type Head = {
  type: string
  channel?: string | undefined
  seq?: number | undefined
  asOf?: string | undefined
  id?: string | undefined
}

/** The gateway takes no longer message. */
export const maxFrameBytes = 128 * 1024

/**
 * The text of a frame. `data` is JSON already, so that numbers of any size keep their digits. Data
 * that is too long to be sent is left out and says so: the API answers the same question.
 */
export function frameText(head: Head, data: string, now: Date): string {
  const { type, channel, seq, asOf, id } = head
  const told = JSON.stringify({ v: 1, type, channel, seq, ts: now.toISOString(), asOf, id })
  const text = `${told.slice(0, -1)},"data":${data}}`
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxFrameBytes) return text
  return frameText(head, JSON.stringify({ code: 'too_large', bytes }), now)
}

export const errorText = (
  code: ErrorCode,
  message: string,
  now: Date,
  about: { id?: string | undefined; channel?: string | undefined } = {},
): string => frameText({ type: 'error', ...about }, JSON.stringify({ code, message }), now)
