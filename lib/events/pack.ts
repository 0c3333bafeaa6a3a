const mostEvents = 100
const mostMessages = 10

/** A message may have 256 KiB, and a batch of messages is counted together. */
export const mostBytes = 250_000

/** The bytes that an event takes in an array: its text, and the comma and brackets around it. */
export const packedBytes = (text: string): number => Buffer.byteLength(text) + 2

/** Events as batches of messages, each message an array of events, all within the queue's limits. */
export function packBatches(events: readonly string[]): string[][] {
  const messages: { body: string; bytes: number }[] = []
  for (const { items, bytes } of fill(events.map(sized), mostEvents)) {
    messages.push({ body: `[${items.join(',')}]`, bytes })
  }
  return fill(messages, mostMessages).map(({ items }) => items)
}

/** Messages as batches of messages, within the queue's limits. */
export const batchesOf = (messages: readonly string[]): string[][] =>
  fill(messages.map(sized), mostMessages).map(({ items }) => items)

type Sized = { body: string; bytes: number }
type Filled = { items: string[]; bytes: number }

const sized = (text: string): Sized => ({ body: text, bytes: packedBytes(text) })

function fill(parts: Sized[], mostItems: number): Filled[] {
  const filled: Filled[] = []
  for (const { body, bytes } of parts) {
    const last = filled.at(-1)
    if (last && last.items.length < mostItems && last.bytes + bytes <= mostBytes) {
      last.items.push(body)
      last.bytes += bytes
    } else filled.push({ items: [body], bytes })
  }
  return filled
}
