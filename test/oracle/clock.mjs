/** Buckets of time in a time zone, by Intl alone: no offset, transition or table of its own. */

const clocks = new Map()
const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const minutesOf = { minute: 1, '5min': 5, hour: 60 }

/** The clock of a venue; what has been read off the wall of a zone is kept. */
export function clockOf(timeZone, dayStart = '00:00', weekStart = 'monday') {
  const name = `${timeZone} ${dayStart} ${weekStart}`
  if (!clocks.has(name)) clocks.set(name, makeClock(timeZone, dayStart, weekStart))
  return clocks.get(name)
}

/**
 * `minute(ms)`, `5min(ms)`, `hour(ms)`, `day(ms)`, `week(ms)` and `month(ms)` give the start of the
 * bucket that holds an instant, `written(ms)` as local ISO text. `starts(from, to, granularity)`
 * are the buckets that fill a time; the first begins at `from`. `startOf(date)` begins a day.
 */
function makeClock(timeZone, dayStart, weekStart) {
  const wall = wallOf(timeZone)
  const [startHours, startMinutes] = dayStart.split(':').map(Number)
  const dayStarts = new Map()

  const offset = (instant) => wall(instant) - Math.floor(instant / 1000) * 1000

  // The first instant at which the wall shows `local`; where it never does, as long after the gap.
  function instantOf(local) {
    const offsets = [offset(local - DAY), offset(local + DAY)]
    const shown = offsets.map((o) => local - o).filter((instant) => wall(instant) === local)
    return shown.length > 0 ? Math.min(...shown) : local - offsets[0]
  }

  function startOf(date) {
    if (!dayStarts.has(date)) {
      const midnight = Date.parse(`${date}T00:00:00Z`)
      dayStarts.set(date, instantOf(midnight + (startHours * 60 + startMinutes) * 60_000))
    }
    return dayStarts.get(date)
  }

  function dateOf(instant) {
    const shown = wall(instant)
    const dates = [1, 0, -1, -2].map((days) => isoDate(shown + days * DAY))
    return dates.find((date) => startOf(date) <= instant)
  }

  function written(instant) {
    const minutes = offset(instant) / 60_000
    const size = Math.abs(minutes)
    const zone = [Math.floor(size / 60), size % 60].map((n) => String(n).padStart(2, '0')).join(':')
    const text = new Date(wall(instant) + modulo(instant, 1000)).toISOString().slice(0, -1)
    return `${text.replace('.000', '')}${minutes < 0 ? '-' : '+'}${zone}`
  }

  function clockStart(instant, minutes) {
    const second = instant - modulo(instant, 1000)
    const first = second - modulo(wall(instant), minutes * 60_000)
    if (offset(first) === offset(instant)) return first
    // The clock changed within the bucket: it begins at the change.
    let [before, after] = [first, second]
    while (after - before > 1000) {
      const middle = Math.floor((before + after) / 2000) * 1000
      if (offset(middle) === offset(instant)) after = middle
      else before = middle
    }
    return after
  }

  function firstDayOfWeek(date) {
    const midnight = Date.parse(date)
    const back = (new Date(midnight).getUTCDay() - weekdays.indexOf(weekStart) + 7) % 7
    return isoDate(midnight - back * DAY)
  }

  const bucketOf = {
    minute: (instant) => clockStart(instant, 1),
    '5min': (instant) => clockStart(instant, 5),
    hour: (instant) => clockStart(instant, 60),
    day: (instant) => startOf(dateOf(instant)),
    week: (instant) => startOf(firstDayOfWeek(dateOf(instant))),
    month: (instant) => startOf(`${dateOf(instant).slice(0, 7)}-01`),
  }

  // By walking from minute to minute, or from date to date: a bucket begins where its name changes.
  function starts(from, to, granularity) {
    const found = [from]
    if (granularity === 'none') return found
    const step = granularity in minutesOf ? 60_000 : DAY
    let walked = Math.floor(from / step) * step - 3 * step
    let last = bucketOf[granularity](from)
    for (;;) {
      walked += step
      const at = step === DAY ? startOf(isoDate(walked)) : walked
      if (at >= to) return found
      if (at <= from || bucketOf[granularity](at) === last) continue
      last = bucketOf[granularity](at)
      found.push(at)
    }
  }

  return { ...bucketOf, written, starts, startOf }
}

const readers = new Map()

// What the clock on the wall shows, as if it were UTC; asked for whole seconds only.
function wallOf(timeZone) {
  if (!readers.has(timeZone)) readers.set(timeZone, makeReader(timeZone))
  return readers.get(timeZone)
}

function makeReader(timeZone) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const walls = new Map()
  return (instant) => {
    const second = Math.floor(instant / 1000) * 1000
    const known = walls.get(second)
    if (known !== undefined) return known
    const part = {}
    for (const { type, value } of format.formatToParts(second)) part[type] = Number(value)
    const { year, month, day, hour, minute, second: seconds } = part
    const shown = Date.UTC(year, month - 1, day, hour, minute, seconds)
    walls.set(second, shown)
    return shown
  }
}

const DAY = 86_400_000
const modulo = (value, divisor) => ((value % divisor) + divisor) % divisor
const isoDate = (ms) => new Date(ms).toISOString().slice(0, 10)
