import { createHash } from 'node:crypto'
import { paid, unique } from '../support/events.ts'
import {
  created,
  download,
  exported,
  fill,
  hurry,
  objectsOf,
  ownExports,
  rowOf,
  run,
  written,
} from '../support/exports.ts'
import { closeStores, deliver } from '../support/service.ts'
import { type ObjectsProxy, objectsProxy } from './objects-proxy.ts'

const rows = 25_000 // about 11 MB of CSV: two parts
/** A file of several parts. */
export const good = { type: 'order-lines', format: 'csv', from: '2026-01-01', to: '2027-01-01' }

/** A venue whose exports have several parts, an object store that can be broken, and no faults yet. */
export function exportsVenue() {
  const state = { venue: '' } as { venue: string; objects: ObjectsProxy }
  // What the file is, as of the moment of the first export.
  let twin: { asOf: string; sha256: string | null; bytes: number | null }
  ownExports()
  beforeAll(async () => {
    state.objects = await objectsProxy()
    state.venue = unique('v')
    await deliver(paid(state.venue))
    await fill(state.venue, rows - 1)
    twin = await written(state.venue, good)
    expect(state.objects.asked.filter(({ kind }) => kind === 'part')).toHaveLength(2)
  }, 60_000)
  beforeEach(() => state.objects.become())
  afterAll(async () => {
    state.objects.close()
    await closeStores()
  })

  return {
    state,
    /** Asks for the file. */
    asked: () => created(state.venue, { ...good, asOf: twin.asOf }),
    /** Has the export written by one message after the other, until it has ended. */
    async insist(id: string) {
      for (let i = 0; i < 10; i += 1) {
        const { status } = await exported(state.venue, id)
        if (status !== 'pending' && status !== 'running') return
        await hurry(state.venue)
        await run(state.venue, id)
      }
    },
    /** The export is completed, whole, the only object of its own, and nothing was left behind. */
    async expectWhole(id: string, claims: number) {
      const { sha256, bytes } = twin
      expect(await exported(state.venue, id)).toMatchObject({
        ...{ status: 'completed', rows, sha256, bytes },
      })
      const file = await download(state.venue, id)
      expect(createHash('sha256').update(file).digest('hex')).toBe(sha256)
      expect(await rowOf(state.venue, id)).toMatchObject({ claims })
      expect(await objectsOf(state.venue, id)).toHaveLength(1)
      expect(state.objects.open()).toEqual([])
    },
  }
}
