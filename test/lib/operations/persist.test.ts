import { StoreUnavailable } from '../../../lib/errors.ts'
import { persist } from '../../../lib/operations/persist.ts'

/** Work that fails so often, and how often it was tried. */
function failing(times: number, error: Error) {
  const state = { tried: 0 }
  const work = async () => {
    state.tried += 1
    if (state.tried <= times) throw error
    return state.tried
  }
  return { state, work }
}
const away = new StoreUnavailable('postgres', 'down')
const patience = { pauseMs: 5, forMs: 60 }

test('work is done again while a store is away', async () => {
  expect(await persist(failing(3, away).work, patience)).toBe(4)
})

test('what no patience helps is thrown at once', async () => {
  const { state, work } = failing(1, new Error('a fault'))
  await expect(persist(work, patience)).rejects.toThrow('a fault')
  expect(state.tried).toBe(1)
})

test('patience ends', async () => {
  const { state, work } = failing(Number.POSITIVE_INFINITY, away)
  await expect(persist(work, patience)).rejects.toBe(away)
  expect(state.tried).toBeGreaterThan(1)
})
