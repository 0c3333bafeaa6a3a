/** A time of day as clocks show it, 'HH:MM' up to '24:00', in ms since midnight. */
export function wallTimeMs(wallTime: string): number {
  const [hours = 0, minutes = 0] = wallTime.split(':').map(Number)
  return (hours * 60 + minutes) * 60_000
}
