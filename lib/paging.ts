import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { config } from './config.ts'
import { Refusal } from './errors.ts'

/** The query of every list. */
export const pageFields = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .meta({ description: 'The length of a page' }),
  cursor: z
    .string()
    .min(1)
    .max(4000)
    .meta({ description: 'The `nextCursor` of the page before' })
    .optional(),
}

/** The name of a list and of what it is filtered by, whatever its page: what a cursor is bound to. */
export function listOf(name: string, { cursor: _, limit: __, ...filter }: Record<string, unknown>) {
  const text = JSON.stringify(Object.entries(filter).sort())
  return `${name} ${createHash('sha256').update(text).digest('base64url')}`
}

/** Where a list goes on, signed and bound to the venue and the list it was given for. */
export function cursorOf(venueId: string, list: string, after: string): string {
  const text = Buffer.from(after).toString('base64url')
  return `${text}.${signatureOf(venueId, list, text)}`
}

/** What a cursor says; refuses one that was altered or belongs to another list or venue. */
export function readCursor(venueId: string, list: string, cursor: string): string {
  const [text = '', signature = '', ...rest] = cursor.split('.')
  const expected = Buffer.from(signatureOf(venueId, list, text))
  const given = Buffer.from(signature)
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Refusal('bad_request', 'The cursor is not one of this list', [
      { path: 'cursor', code: 'invalid', message: 'cursor is not one of this list' },
    ])
  }
  return Buffer.from(text, 'base64url').toString()
}

/** Which rows of a list to read: those after a position, null for the first. */
export type Page = { after: string | null; limit: number }

/** A row, and the position that a list goes on after. */
export type Listed<T> = { item: T; position: string }

/** One page of a list whose cursor is bound to the venue and to everything that was asked. */
export async function paged<T>(
  venueId: string,
  name: string,
  asked: { limit: number; cursor?: string | undefined },
  list: (page: Page) => Promise<Listed<T>[]>,
): Promise<{ items: T[]; nextCursor: string | null }> {
  const after = asked.cursor ? readCursor(venueId, name, asked.cursor) : null
  const rows = await list({ after, limit: asked.limit + 1 })
  const shown = rows.slice(0, asked.limit)
  const last = shown.at(-1)
  const nextCursor =
    rows.length > shown.length && last ? cursorOf(venueId, name, last.position) : null
  return { items: shown.map(({ item }) => item), nextCursor }
}

function signatureOf(venueId: string, list: string, text: string): string {
  const { PSEUDONYM_SECRET } = config('privacy')
  return createHmac('sha256', PSEUDONYM_SECRET)
    .update(JSON.stringify(['cursor', venueId, list, text]))
    .digest('base64url')
    .slice(0, 22)
}
