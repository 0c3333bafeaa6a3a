import fc from 'fast-check'
import type { Caller } from '../../../lib/access/grants.ts'
import { catalogue } from '../../../lib/metrics/catalogue.ts'
import { channelOf, mayHear, userScope } from '../../../lib/sockets/channel.ts'
import { frameText, maxFrameBytes } from '../../../lib/sockets/frame.ts'

const venue = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
const subject = fc.string({ minLength: 1, maxLength: 120, unit: 'binary' })
const role = fc.constantFrom('viewer', 'analyst', 'manager', 'owner')
const person = (venues: Caller['venues']): Caller => ({
  userId: 'u-1',
  venues,
  ingestVenue: null,
  isOps: false,
  expiresAt: 0,
})
const rest = fc.oneof(
  fc.constantFrom('summary', 'data-quality', 'alerts'),
  fc.constantFrom(...catalogue.keys()).map((name) => `metric:${name}`),
  fc
    .tuple(fc.constantFrom('gauge', 'dashboard', 'widget'), subject)
    .map((parts) => parts.join(':')),
  fc.tuple(subject, fc.constantFrom('sales', 'door')).map(([show, of]) => `event:${show}:${of}`),
)

test('whatever a channel is called, it is heard in the venue that its name begins with and nowhere else', () => {
  fc.assert(
    fc.property(venue, venue, rest, role, (own, other, told, held) => {
      const channel = channelOf(`venue:${other}:${told}`)
      if (!channel) return /\p{Cc}|\*/u.test(told)
      return (
        channel.scope === other && mayHear(person({ [own]: held }), channel) === (own === other)
      )
    }),
    { numRuns: 2000 },
  )
})

test('any other text is no channel, or a person’s', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500, unit: 'binary' }), (text) => {
      const channel = channelOf(text)
      return !channel || (channel.kind === 'user' && !mayHear(person({ 'v-1': 'owner' }), channel))
    }),
    { numRuns: 2000 },
  )
  expect(mayHear(person({}), channelOf(userScope('u-1')) as never)).toBe(true)
})

test('what exports say is for analysts', () => {
  const channel = channelOf('venue:v-1:export:x1')
  if (!channel) throw new Error('it is a channel')
  expect(mayHear(person({ 'v-1': 'viewer' }), channel)).toBe(false)
  expect(mayHear(person({ 'v-1': 'analyst' }), channel)).toBe(true)
})

test('a frame is what it was made of, and never longer than the gateway takes', () => {
  const now = new Date('2026-06-01T12:00:00Z')
  fc.assert(
    fc.property(fc.json(), fc.string(), (data, id) => {
      const frame = JSON.parse(frameText({ type: 'update', channel: 'c', seq: 7, id }, data, now))
      expect(frame).toEqual({
        v: 1,
        type: 'update',
        channel: 'c',
        seq: 7,
        ts: now.toISOString(),
        id,
        data: JSON.parse(data),
      })
    }),
  )
  for (const length of [maxFrameBytes - 100, maxFrameBytes, 3 * maxFrameBytes]) {
    const text = frameText({ type: 'update', seq: 7 }, JSON.stringify('ä'.repeat(length)), now)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxFrameBytes)
    expect(JSON.parse(text)).toMatchObject({ seq: 7, data: { code: 'too_large' } })
  }
})
