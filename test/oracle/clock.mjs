/** Business days, months and hours of a time zone, by Intl alone. Part of brute-force.mjs. */

/** A clock: `day(ms)`, `month(ms)` and `hour(ms)` give the bucket's start as local ISO text. */
export function clockOf(timeZone, dayStart) {
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
  const [startHours, startMinutes] = dayStart.split(':').map(Number)
  const walls = new Map()
  const starts = new Map()

  // What the clock on the wall shows, as if it were UTC; asked for whole seconds only.
  function wall(instant) {
    const second = Math.floor(instant / 1000) * 1000
    if (walls.has(second)) return walls.get(second)
    const part = {}
    for (const { type, value } of format.formatToParts(second)) part[type] = Number(value)
    const { year, month, day, hour, minute, second: seconds } = part
    const shown = Date.UTC(year, month - 1, day, hour, minute, seconds)
    walls.set(second, shown)
    return shown
  }

  const offset = (instant) => wall(instant) - Math.floor(instant / 1000) * 1000

  // The first instant at which the wall shows `local`; where it never does, as long after the gap.
  function instantOf(local) {
    const offsets = [offset(local - 86_400_000), offset(local + 86_400_000)]
    const shown = offsets.map((o) => local - o).filter((instant) => wall(instant) === local)
    return shown.length > 0 ? Math.min(...shown) : local - offsets[0]
  }

  function startOf(date) {
    if (!starts.has(date)) {
      const midnight = Date.parse(`${date}T00:00:00Z`)
      starts.set(date, instantOf(midnight + (startHours * 60 + startMinutes) * 60_000))
    }
    return starts.get(date)
  }

  function dateOf(instant) {
    const shown = wall(instant)
    const dates = [1, 0, -1, -2].map((days) => isoDate(shown + days * 86_400_000))
    return dates.find((date) => startOf(date) <= instant)
  }

  function written(instant) {
    const minutes = offset(instant) / 60_000
    const size = Math.abs(minutes)
    const zone = [Math.floor(size / 60), size % 60].map((n) => String(n).padStart(2, '0')).join(':')
    const text = new Date(wall(instant)).toISOString().slice(0, 19)
    return `${text}${minutes < 0 ? '-' : '+'}${zone}`
  }

  function hourStart(instant) {
    const first = instant - (wall(instant) % 3_600_000) - (instant % 1000)
    if (offset(first) === offset(instant)) return first
    // The clock changed within the hour: the bucket begins at the change.
    let [before, after] = [first, instant - (instant % 1000)]
    while (after - before > 1000) {
      const middle = Math.floor((before + after) / 2000) * 1000
      if (offset(middle) === offset(instant)) after = middle
      else before = middle
    }
    return after
  }

  return {
    day: (instant) => written(startOf(dateOf(instant))),
    month: (instant) => written(startOf(`${dateOf(instant).slice(0, 7)}-01`)),
    hour: (instant) => written(hourStart(instant)),
  }
}

const isoDate = (ms) => new Date(ms).toISOString().slice(0, 10)
