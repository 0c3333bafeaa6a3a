import { nextStepOf } from '../../../lib/alerts/replan.ts'

const minuteMs = 60_000
/** A policy with steps after so many minutes each, and a repetition. */
const policy = (after: number[], repeat: number | null = null) => ({
  steps: after.map((minutes) => ({ after: `${minutes}m`, contactPointIds: ['c'] })),
  repeatEvery: repeat === null ? null : `${repeat}m`,
})

// Steps done and when the next is due, in minutes after it fired; by the policy after that; now is 100.
test.each([
  ['a delay that is shorter comes sooner', 1, 3, policy([0, 3]), policy([1, 2]), 2],
  ['a delay that is longer comes later', 1, 3, policy([0, 3]), policy([0, 30]), 30],
  ['what began late goes on from there', 1, 8, policy([0, 3]), policy([0, 5]), 10],
  ['what a mute holds back begins when that ends', 0, null, policy([5]), policy([1]), null],
  ['a step after the last counts from the beginning', 2, null, policy([0, 3]), policy([0, 3, 9]), 9],
  ['a step after the last comes before a repetition', 1, 60, policy([0], 60), policy([0, 9], 60), 9],
  ['a step that is no more is not done', 1, 3, policy([0, 3]), policy([0]), null],
  ['a step that is no more is a repetition', 1, 3, policy([0, 3]), policy([0], 30), 130],
  ['a repetition comes as often as is said now', 1, 160, policy([0], 60), policy([0], 20), 120],
  ['a repetition that is no more is not done', 1, 160, policy([0], 60), policy([0]), null],
  ['a repetition that is new begins now', 1, null, policy([0]), policy([0], 30), 130],
  ['a change of the name changes nothing', 1, 3, policy([0, 3], 60), policy([0, 3], 60), 3],
])('%s', (_, stepsDone, dueAt, before, after, wanted) => {
  const firedAt = Date.parse('2026-06-01T12:00:00Z')
  const at = (minutes: number | null) => (minutes === null ? null : firedAt + minutes * minuteMs)
  const place = { stepsDone, nextStepAt: at(dueAt), firedAt }
  expect(nextStepOf(place, before, after, firedAt + 100 * minuteMs)).toBe(at(wanted))
}) // biome-ignore format: a table reads better in rows
