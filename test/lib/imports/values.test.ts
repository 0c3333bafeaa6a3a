import fc from 'fast-check'
import { packBatches } from '../../../lib/events/pack.ts'
import { shifted, timeFormatOf, wallTimeMs, zonedText } from '../../../lib/imports/local-time.ts'
import {
  formatDecimal,
  multiply,
  parseDecimal,
  slug,
  toMinor,
} from '../../../lib/imports/values.ts'

const decimal = (text: string) => {
  const parsed = parseDecimal(text)
  if (!parsed) throw new Error(`${text} is no decimal`)
  return parsed
}

test.each([
  ['Les Misérables', 'les-miserables'],
  ['St. James', 'st-james'],
  ['$5 Discount', '5-discount'],
  ['  --A  &  B--  ', 'a-b'],
  ['ﬁnale Ⅳ', 'finale-iv'],
  ['日本', ''],
  ['x'.repeat(70), 'x'.repeat(64)],
])('the slug of %s is %s', (text, expected) => {
  expect(slug(text)).toBe(expected)
})

test.each([
  ['1737', '1737'],
  ['$391,800.00', '391800'],
  ['-$42,710.82', '-42710.82'],
  ['$-4.10', '-4.1'],
  ['($5.00)', '-5'],
  ['£0.001', '0.001'],
  ['.5', '0.5'],
  ['-0', '0'],
  ['1e+05', '100000'],
  ['1.5e-3', '0.0015'],
  [' 12 ', '12'],
])('%s is the number %s', (text, expected) => {
  expect(formatDecimal(decimal(text))).toBe(expected)
})

test.each(['', 'NA', '12,50', '1,23,456', '(5', '5)', '--5', '-$-5', '$', '.', '1 000', '0x10'])(
  '%j is no number',
  (text) => {
    expect(parseDecimal(text)).toBeUndefined()
  },
)

test.each([
  ['0.005', 2, 1n, '0.005'],
  ['-0.005', 2, -1n, '-0.005'],
  ['0.004', 2, 0n, '-0.004'],
  ['1.005', 2, 101n, '0.005'],
  ['12.5', 0, 13n, '0.5'],
  ['12.3456', 3, 12346n, '0.0004'],
  ['7', 2, 700n, '0'],
])('%s with %d decimals rounds to %d and moves by %s', (text, exponent, minor, moved) => {
  const rounded = toMinor(decimal(text), exponent)
  expect(rounded.minor).toBe(minor)
  expect(formatDecimal(rounded.moved)).toBe(moved)
})

test('rounding moves by at most half a minor unit, and exactly by the difference', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: -9999, max: 9999 }),
      (digits, scale, quantity) => {
        const exact = multiply({ digits, scale }, decimal(String(quantity)))
        const { minor, moved } = toMinor(exact, 2)
        const unit = 10n ** BigInt(scale)
        const difference = minor * unit - exact.digits * 100n
        expect(moved.digits * 10n ** BigInt(Math.max(0, scale + 2 - moved.scale))).toBe(difference)
        expect(2n * (difference < 0n ? -difference : difference)).toBeLessThanOrEqual(unit)
      },
    ),
  )
})

describe('times', () => {
  const read = (text: string, format: string, zone: string, at?: string, minusDays = 0) => {
    const time = timeFormatOf(format)?.read(text)
    const wall = at === undefined ? undefined : wallTimeMs(at)
    return time && zonedText(shifted(time, wall, minusDays), zone)
  }

  test.each([
    ['8/26/1990', 'M/D/YYYY', 'America/New_York', '12:00', '1990-08-26T12:00:00-04:00'],
    ['6/17/2016', 'M/D/YYYY', 'America/Chicago', '12:00', '2016-06-17T12:00:00-05:00'],
    ['1990-04-09', 'YYYY-MM-DD', 'America/New_York', '19:00', '1990-04-09T19:00:00-04:00'],
    [
      '2010-12-01 08:26:00',
      'YYYY-MM-DD HH:mm:ss',
      'Europe/London',
      undefined,
      '2010-12-01T08:26:00+00:00',
    ],
    [
      'Jul 28, 2017 7:30:00 PM',
      'MMM D, YYYY h:mm:ss A',
      'America/Chicago',
      undefined,
      '2017-07-28T19:30:00-05:00',
    ],
    [
      'Jul 28, 2017 12:05:00 AM',
      'MMM D, YYYY h:mm:ss A',
      'America/Chicago',
      undefined,
      '2017-07-28T00:05:00-05:00',
    ],
    [
      'Jan 1, 2017 12:05:00 PM',
      'MMM D, YYYY h:mm:ss A',
      'America/Chicago',
      undefined,
      '2017-01-01T12:05:00-06:00',
    ],
    ['2015-05-17T10:05:03Z', 'ISO', 'UTC', undefined, '2015-05-17T10:05:03+00:00'],
    ['2020-09-24 13:51:07+00:00', 'ISO', 'Asia/Kolkata', undefined, '2020-09-24T19:21:07+05:30'],
    ['2020-09-24T13:51:07.25', 'ISO', 'UTC', undefined, '2020-09-24T13:51:07.250+00:00'],
    ['2026-03-29T02:30', 'ISO', 'Europe/Madrid', undefined, '2026-03-29T03:30:00+02:00'],
    ['2026-10-25T02:30', 'ISO', 'Europe/Madrid', undefined, '2026-10-25T02:30:00+02:00'],
  ])('%s as %s in %s at %s is %s', (text, format, zone, at, expected) => {
    expect(read(text, format, zone, at)).toBe(expected)
  })

  test('days are subtracted on the calendar, over a change of the clocks', () => {
    const earlier = read('2017-03-13', 'YYYY-MM-DD', 'America/New_York', '12:00', 2)
    expect(earlier).toBe('2017-03-11T12:00:00-05:00')
  })

  test.each([
    ['2018-2-29', 'YYYY-M-D'],
    ['2018-13-1', 'YYYY-M-D'],
    ['0000-1-1', 'YYYY-M-D'],
    ['2018-1-1x', 'YYYY-M-D'],
    ['Foo 1, 2017 1:00:00 PM', 'MMM D, YYYY h:mm:ss A'],
    ['Jul 1, 2017 13:00:00 PM', 'MMM D, YYYY h:mm:ss A'],
    ['Jul 1, 2017 0:30:00 AM', 'MMM D, YYYY h:mm:ss A'],
    ['2010-12-01 24:00:00', 'YYYY-MM-DD HH:mm:ss'],
    ['2010-12-01 08:60:00', 'YYYY-MM-DD HH:mm:ss'],
    ['2015-02-30T10:05:03Z', 'ISO'],
    ['2015-02-03T10:05:03+24:00', 'ISO'],
    ['yesterday', 'ISO'],
  ])('%s is no time of the form %s', (text, format) => {
    expect(timeFormatOf(format)?.read(text)).toBeUndefined()
  })

  test.each(['M/D', 'YYYY-MM', 'YYYY-MM-DD h:mm', 'YYYY-MM-DD mm', 'YYYY-YYYY-MM-DD', ''])(
    '%j is no form of a time',
    (format) => {
      expect(timeFormatOf(format)).toBeUndefined()
    },
  )
})

test('packs keep every event once, in order, within the limits of the queue', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 120_000 }), { maxLength: 400 }), (sizes) => {
      const events = sizes.map((size, index) => JSON.stringify({ index, text: 'é'.repeat(size) }))
      const batches = packBatches(events)
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(10)
        expect(Buffer.byteLength(batch.join(''))).toBeLessThanOrEqual(250_000)
        for (const body of batch) expect(JSON.parse(body).length).toBeLessThanOrEqual(100)
      }
      const packed = batches.flat().flatMap((body) => JSON.parse(body))
      expect(packed.map(({ index }) => index)).toEqual(sizes.map((_, index) => index))
    }),
    { numRuns: 20 },
  )
})
