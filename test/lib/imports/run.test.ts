import { StoreUnavailable } from '../../../lib/errors.ts'
import { openEvent } from '../../../lib/events/door.ts'
import type { MappedEvent } from '../../../lib/imports/event.ts'
import { createMapper } from '../../../lib/imports/map.ts'
import { FileBroken, type ReadRow } from '../../../lib/imports/read.ts'
import { reportText } from '../../../lib/imports/report.ts'
import { type Doors, rehearse, runImport } from '../../../lib/imports/run.ts'
import { parseMap } from '../../../lib/imports/schema.ts'
import type { Fate } from '../../../lib/imports/store.ts'

const map = parseMap(
  JSON.stringify({
    description: 'a test',
    venue: { id: '{venue}', timezone: 'UTC', currency: 'EUR' },
    skip: [{ when: { value: '{n}', equals: 'skip' }, reason: 'told to' }],
    events: [
      {
        type: 'ticket.scanned',
        occurred_at: { $time: '2026-01-01', format: 'ISO' },
        actor: { customer_id: '{venue}-buyer' },
        data: { scan_id: '{$id}', result: 'ok', quantity: { $number: '{n}' } },
      },
    ],
  }),
)

const open = (event: MappedEvent) =>
  openEvent(event, {
    messageId: 'm',
    now: new Date('2026-06-01T00:00:00Z'),
    secret: 'a secret of the test',
    index: 0,
  })

/** A running system in memory: what is sent is counted or quarantined when it is next asked. */
function makeSystem() {
  const ledger = new Map<string, Fate>()
  const quarantine = new Map<string, Fate>()
  const sent: string[] = []
  let queue: MappedEvent[] = []
  const ingest = () => {
    for (const event of queue.splice(0)) {
      const opened = open(event)
      const { event_id: eventId } = event
      const { fingerprint } = opened
      const known = ledger.get(`${event.venue_id} ${eventId}`)
      const fate = { eventId, fingerprint, isCounted: true, path: '', message: '' }
      const refuse = (path: string, message: string) =>
        quarantine.set(fingerprint, { ...fate, isCounted: false, path, message })
      if (!opened.ok) refuse(opened.path, opened.message)
      else if (!known) ledger.set(`${event.venue_id} ${eventId}`, fate)
      else if (known.fingerprint !== fingerprint) refuse('event_id', 'conflicting')
    }
  }
  const doors: Doors = {
    open,
    send: async (texts) => {
      const events = texts.map((text) => JSON.parse(text))
      queue.push(...events)
      sent.push(...events.map((event) => event.event_id))
    },
    readFates: async (venueId, asked) => {
      ingest()
      return asked.flatMap(({ eventId, fingerprint }) =>
        [ledger.get(`${venueId} ${eventId}`), quarantine.get(fingerprint ?? '')].filter(
          (fate) => fate !== undefined,
        ),
      )
    },
  }
  const lose = () => {
    queue = []
  }
  return { doors, ledger, sent, lose }
}

async function* rowsOf(records: [string, string][], fault?: Error): AsyncGenerator<ReadRow> {
  for (const [index, [venue, n]] of records.entries()) {
    yield { line: index + 2, fields: { venue, n } }
  }
  if (fault) throw fault
}

const many = (count: number): [string, string][] =>
  Array.from({ length: count }, (_, index) => [`v${index % 3}`, '1'])

const run = (records: [string, string][], doors: Doors, fault?: Error) =>
  runImport(rowsOf(records, fault), createMapper(map, 'file'), doors, { patienceMs: 900 })

test('every event is sent, each venue before its events, and its fate told', async () => {
  const { doors, sent, ledger } = makeSystem()
  const records: [string, string][] = [
    ['a', '1'],
    ['a', 'skip'],
    ['b', '-1'],
    ['b', 'x'],
    ['', '1'],
  ]
  const report = await run(records, doors)
  expect(report).toMatchObject({
    rows: 5,
    sent: 4,
    counted: 3,
    known: 0,
    quarantined: 3,
    waiting: 0,
  })
  expect(report.stopped).toBeUndefined()
  expect(report.skipped).toEqual(new Map([['told to', 1]]))
  expect(sent).toEqual(['file:venue:a', 'file:venue:b', 'file:2', 'file:4'])
  expect(ledger.size).toBe(3)
  const text = reportText(report)
  expect(text).toMatch(/record 4 {2}data\.quantity: must be at least 0\./)
  expect(text).toMatch(/record 5 {2}data\.quantity: 'x' is no number/)
  expect(text).toMatch(/record 6 {2}venue_id: is empty/)
  expect(text).toMatch(/1 × told to/)
})

test('a second run sends nothing', async () => {
  const { doors, sent } = makeSystem()
  await run(many(5000), doors)
  expect(sent).toHaveLength(5003)
  const report = await run(many(5000), doors)
  expect(report).toMatchObject({ sent: 0, counted: 0, known: 5003, quarantined: 0 })
  expect(sent).toHaveLength(5003)
})

test('after a fault in the middle the next run sends only what is missing', async () => {
  const { doors, ledger, lose } = makeSystem()
  let left = 3
  const send: Doors['send'] = async (texts) => {
    left -= 1
    if (left < 0) throw new Error('The queue takes nothing: away')
    return doors.send(texts)
  }
  const first = await run(many(9000), { ...doors, send })
  expect(first.stopped).toMatch(/takes nothing/)
  lose()
  const counted = ledger.size
  expect(counted).toBeGreaterThan(1000)
  const second = await run(many(9000), doors)
  expect(second).toMatchObject({ known: counted, counted: 9003 - counted, quarantined: 0 })
  expect(ledger.size).toBe(9003)
})

test('another value under a known id is told as quarantined, and the first still counts', async () => {
  const { doors, ledger } = makeSystem()
  await run([['a', '1']], doors)
  const report = await run([['a', '2']], doors)
  expect(report).toMatchObject({ sent: 1, counted: 0, known: 1, quarantined: 1 })
  expect(report.problems).toEqual([{ line: 2, field: 'event_id', reason: 'conflicting' }])
  expect(ledger.size).toBe(2)
})

test('without the secret everything is sent again, which changes nothing', async () => {
  const { doors, ledger, sent } = makeSystem()
  await run(many(10), doors)
  const report = await run(many(10), { ...doors, open: () => undefined })
  expect(report).toMatchObject({ sent: 13, counted: 13, known: 0, quarantined: 0 })
  expect(sent).toHaveLength(26)
  expect(ledger.size).toBe(13)
})

test('when nothing is counted any more, it says how many wait', async () => {
  const { doors } = makeSystem()
  const report = await run(many(10), { ...doors, readFates: async () => [] })
  expect(report).toMatchObject({ sent: 3, waiting: 3 })
  expect(reportText(report)).toMatch(/3 events still wait.*\n.*Run the import again to continue/)
})

test('what the queue hides for too long is sent once more', async () => {
  const { doors, sent, ledger, lose } = makeSystem()
  let isFirst = true
  const send: Doors['send'] = async (texts) => {
    await doors.send(texts)
    if (isFirst) lose()
    isFirst = false
  }
  const report = await run(many(10), { ...doors, send })
  expect(report).toMatchObject({ sent: 13, counted: 13, waiting: 0 })
  expect(sent).toHaveLength(16)
  expect(ledger.size).toBe(13)
})

test('a store that is away for a moment is waited for', async () => {
  const { doors } = makeSystem()
  let failures = 2
  const readFates: Doors['readFates'] = async (venueId, asked) => {
    failures -= 1
    if (failures >= 0) throw new StoreUnavailable('postgres', new Error('gone'))
    return doors.readFates(venueId, asked)
  }
  const report = await run(many(10), { ...doors, readFates })
  expect(report).toMatchObject({ counted: 13, waiting: 0 })
})

test('of a file that breaks off, what was read is counted', async () => {
  const { doors } = makeSystem()
  const report = await run(many(10), doors, new FileBroken('broken at record 12'))
  expect(report).toMatchObject({ counted: 13, stopped: 'broken at record 12' })
})

test('a rehearsal tells what would be sent and refused', async () => {
  const ids: string[] = []
  const report = await rehearse(
    rowsOf([
      ['a', '1'],
      ['a', '-1'],
    ]),
    createMapper(map, 'file'),
    open,
    (event) => ids.push(event.event_id),
  )
  expect(ids).toEqual(['file:venue:a', 'file:2', 'file:3'])
  expect(report).toMatchObject({ rows: 2, mapped: 3, sent: 0, quarantined: 1 })
  expect(reportText(report, { isDryRun: true })).toMatch(/events that would be sent {2}3/)
})
