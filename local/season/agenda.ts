import type { SeasonEvent } from './event.ts'

/** Tells what happened, once its moment has come; nothing where there is nothing to tell. */
export type Tell = () => SeasonEvent | undefined
type Entry = { at: number; turn: number; tell: Tell }
export type Agenda = ReturnType<typeof createAgenda>

/** What is still to come, by the moment at which it is told. A season holds no more than this. */
export function createAgenda() {
  const heap: Entry[] = []
  let turns = 0

  const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.turn < b.turn)

  function add(at: number, tell: Tell) {
    const entry = { at, turn: turns, tell }
    turns += 1
    let place = heap.length
    for (; place > 0; place = (place - 1) >> 1) {
      const above = heap[(place - 1) >> 1] as Entry
      if (!isBefore(entry, above)) break
      heap[place] = above
    }
    heap[place] = entry
  }

  function take(): Entry {
    const first = heap[0] as Entry
    const last = heap.pop() as Entry
    if (heap.length === 0) return first
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= heap.length) break
      const right = heap[below + 1]
      if (right && isBefore(right, heap[below] as Entry)) below += 1
      if (!isBefore(heap[below] as Entry, last)) break
      heap[place] = heap[below] as Entry
      place = below
    }
    heap[place] = last
    return first
  }

  /** What is told before `end`, in order; telling may add more. */
  function* until(end: number): Generator<SeasonEvent> {
    while (heap[0] && heap[0].at < end) {
      const event = take().tell()
      if (event) yield event
    }
  }

  return { add, until }
}
