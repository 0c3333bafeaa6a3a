const mostEvents = 100
const mostMessages = 10

/** A message may have 256 KiB, and a batch of messages is counted together. */
export const mostBytes = 250_000

/** The bytes that an event takes in an array: its text, and the comma and brackets around it. */
export const packedBytes = (text: string): number => Buffer.byteLength(text) + 2

/** Events as batches of messages, each message an array of events, all within the queue's limits. */
export function packBatches(events: readonly string[]): string[][] {
  const sized = events.map((part) => ({ part, bytes: packedBytes(part) }))
  const messages = fill(sized, mostEvents).map(({ items, bytes }) => ({
    part: `[${items.join(',')}]`,
    bytes,
  }))
  return fill(messages, mostMessages).map(({ items }) => items)
}

/** Messages as batches of messages, within the queue's limits. */
export function batchesOf<T extends { body: string }>(messages: readonly T[]): T[][] {
  const sized = messages.map((part) => ({ part, bytes: packedBytes(part.body) }))
  return fill(sized, mostMessages).map(({ items }) => items)
}

type Sized<T> = { part: T; bytes: number }
type Filled<T> = { items: T[]; bytes: number }

function fill<T>(parts: Sized<T>[], mostItems: number): Filled<T>[] {
  const filled: Filled<T>[] = []
  for (const { part, bytes } of parts) {
    const last = filled.at(-1)
    if (last && last.items.length < mostItems && last.bytes + bytes <= mostBytes) {
      last.items.push(part)
      last.bytes += bytes
    } else filled.push({ items: [part], bytes })
  }
  return filled
}
