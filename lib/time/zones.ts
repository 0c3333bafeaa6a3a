/** A stretch of constant UTC offset: [start, end) in epoch ms, `offset` in ms east of UTC. */
type Segment = Readonly<{ start: number; end: number; offset: number }>

type Zone = { format: Intl.DateTimeFormat; chunks: Map<number, Segment[]> }

const DAY = 86_400_000

// On Intl and not on temporal-polyfill, by measure: 55 KB against 5 KB in each bundle, 7 µs against
// 0.2 µs from an instant to its day. Its search for transitions also reads the clock.
//
// Two transitions that cancel each other hide from probes further apart than the offset between
// them lasts. The shortest such times in tzdb are 3.99 days (in 1939) and 6.96 days (Greenland in
// 2000, Gaza in 2040): probes every 3 days miss none.
const PROBE = 3 * DAY
const CHUNK = 64 * PROBE

// 256 chunks are 134 years of one zone; a zone costs its formatter (about 45 µs to make).
const MAX_CHUNKS = 256
const MAX_ZONES = 128

// Further than any offset on record (Manila before 1844: -15:56).
const MAX_OFFSET = 16 * 3_600_000

const zones = new Map<string, Zone>()

/**
 * True for a zone name of the IANA database that all our stores read alike: 'Europe/Madrid', 'UTC',
 * 'EST5EDT'; upper and lower case are one, as in Intl and Postgres. Refused although Intl takes
 * them: offsets ('+01:00': no daylight saving, and Postgres turns the sign), ICU's own 'SystemV/…',
 * and three-letter names other than UTC and GMT ('AST' is Alaska to ICU, the Atlantic to Postgres;
 * 'CET' has summer time in ICU and none in Postgres).
 */
export function isTimeZone(name: string): boolean {
  if (/^(?:[+-]|SystemV\/)/i.test(name)) return false
  if (/^[A-Z]{3}$/i.test(name) && !/^(?:UTC|GMT)$/i.test(name)) return false
  try {
    zoneOf(name)
    return true
  } catch {
    return false
  }
}

/**
 * The offset of the zone at an instant (epoch ms), in ms east of UTC. RangeError when Intl does not
 * know the zone or the instant is no time.
 */
export function offsetAt(instant: number, timeZone: string): number {
  const segments = chunkAt(instant, zoneOf(timeZone))
  let index = segments.length - 1
  while (index > 0 && instant < segmentOf(segments, index).start) index--
  return segmentOf(segments, index).offset
}

/**
 * The stretches of constant offset that overlap [from, to) in epoch ms, ascending and without
 * holes; neighbours differ in offset. The outer two may reach beyond the range, and may be
 * shorter than the zone holds that offset.
 */
export function segmentsBetween(from: number, to: number, timeZone: string): Segment[] {
  const zone = zoneOf(timeZone)
  const found: Segment[] = []
  for (let at = from; at < to; at = (Math.floor(at / CHUNK) + 1) * CHUNK) {
    for (const segment of chunkAt(at, zone)) {
      if (segment.end <= from || segment.start >= to) continue
      const last = found.at(-1)
      if (last?.offset === segment.offset) found[found.length - 1] = { ...last, end: segment.end }
      else found.push(segment)
    }
  }
  return found
}

/**
 * The instant (epoch ms) at which the zone's clocks show `local`, a wall-clock time written as the
 * epoch ms it would be in UTC. A time that occurs twice is its first occurrence; one in a gap is
 * moved on by the length of the gap (Temporal's 'compatible').
 */
export function instantOfLocal(local: number, timeZone: string): number {
  const segments = segmentsBetween(local - MAX_OFFSET, local + MAX_OFFSET, timeZone)
  let before = 0
  for (const { start, end, offset } of segments) {
    const instant = local - offset
    if (instant < start) return local - before
    if (instant < end) return instant
    before = offset
  }
  return local - before
}

/**
 * RFC 3339 in the zone's own time with its offset at that instant: '2016-07-01T00:00:00-04:00'.
 * Milliseconds only when there are some; a zone at zero writes '+00:00', never 'Z'. Offsets that
 * are no whole minutes (local mean time; Monrovia until 1972) cannot be written in RFC 3339: such
 * an instant is written in UTC. RangeError outside the years 0000–9999.
 */
export function formatInstant(instant: number, timeZone: string): string {
  const exact = offsetAt(instant, timeZone)
  const offset = exact % 60_000 === 0 ? exact : 0
  const text = new Date(instant + offset).toISOString()
  if (text.length !== 24) throw new RangeError(`RFC 3339 has no year for the instant ${instant}`)
  const minutes = Math.abs(offset) / 60_000
  const hh = String(Math.trunc(minutes / 60)).padStart(2, '0')
  const mm = String(minutes % 60).padStart(2, '0')
  const wallClock = text.endsWith('.000Z') ? text.slice(0, 19) : text.slice(0, 23)
  return `${wallClock}${offset < 0 ? '-' : '+'}${hh}:${mm}`
}

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    timeZoneName: 'longOffset',
  })
  const zone: Zone = { format, chunks: new Map() }
  if (zones.size >= MAX_ZONES) zones.clear()
  zones.set(timeZone, zone)
  return zone
}

function chunkAt(instant: number, zone: Zone): Segment[] {
  const index = Math.floor(instant / CHUNK)
  const known = zone.chunks.get(index)
  if (known) return known
  const segments = probeChunk(index * CHUNK, zone)
  if (zone.chunks.size >= MAX_CHUNKS) zone.chunks.clear()
  zone.chunks.set(index, segments)
  return segments
}

function probeChunk(chunkStart: number, zone: Zone): Segment[] {
  const segments: Segment[] = []
  const chunkEnd = chunkStart + CHUNK
  let start = chunkStart
  let offset = probe(chunkStart, zone)
  for (let low = chunkStart; low < chunkEnd; low += PROBE) {
    const high = Math.min(low + PROBE, chunkEnd - 1000)
    const after = probe(high, zone)
    // More than one transition between two probes: each search finds the first that is left.
    while (offset !== after) {
      const at = firstChange(Math.max(low, start), high, offset, zone)
      segments.push({ start, end: at, offset })
      start = at
      offset = probe(at, zone)
    }
  }
  segments.push({ start, end: chunkEnd, offset })
  return segments
}

/** The whole second in (low, high] at which `offset` ends; it holds at low and not at high. */
function firstChange(low: number, high: number, offset: number, zone: Zone): number {
  let holds = low / 1000
  let gone = high / 1000
  while (gone - holds > 1) {
    const middle = Math.floor((holds + gone) / 2)
    if (probe(middle * 1000, zone) === offset) holds = middle
    else gone = middle
  }
  return gone * 1000
}

/** The offset by Intl, about 1 µs: 'GMT', 'GMT-04:00', in local mean time 'GMT-00:44:30'. */
function probe(instant: number, zone: Zone): number {
  const text = zone.format.format(instant)
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
  if (!match) throw new RangeError(`No offset in '${text}'`)
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}

function segmentOf(segments: Segment[], index: number): Segment {
  const segment = segments[index]
  if (!segment) throw new RangeError('A chunk without segments')
  return segment
}
