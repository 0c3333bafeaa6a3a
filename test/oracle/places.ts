import type { Weekday } from '../../lib/time/periods.ts'

/** How a venue cuts time, and instants at which the clocks of its zone change. */
export type Place = {
  timezone: string
  dayStart: string
  weekStart: Weekday
  changes: string[]
}

const place = (
  timezone: string,
  dayStart: string,
  weekStart: Weekday,
  ...changes: string[]
): Place => ({ timezone, dayStart, weekStart, changes })

/** Zones with summer time of every kind, and days that begin at odd hours. */
export const summerPlaces: Place[] = [
  place('Europe/Madrid', '02:30', 'monday', '2025-03-30T01:00:00Z', '2025-10-26T01:00:00Z'),
  place('America/New_York', '06:00', 'sunday', '2025-03-09T07:00:00Z', '2025-11-02T06:00:00Z'),
  // half an hour of summer time; the day begins in the half hour that occurs twice
  place('Australia/Lord_Howe', '01:45', 'monday', '2025-04-05T15:00:00Z', '2025-10-04T15:30:00Z'),
  // midnights that do not exist, evenings that occur twice
  place('America/Sao_Paulo', '00:00', 'sunday', '2018-11-04T03:00:00Z', '2019-02-17T02:00:00Z'),
  place('Africa/Cairo', '00:00', 'saturday', '2024-04-25T22:00:00Z', '2024-10-31T21:00:00Z'),
  place('Asia/Gaza', '00:30', 'saturday', '2024-04-20T00:00:00Z', '2024-10-25T23:00:00Z'),
  place('Pacific/Chatham', '02:45', 'monday', '2025-04-05T14:00:00Z', '2025-09-27T14:00:00Z'),
  // two hours of summer time
  place('Antarctica/Troll', '01:30', 'monday', '2025-03-30T01:00:00Z', '2025-10-26T01:00:00Z'),
  // clocks that change at a minute past midnight: midnight occurs twice
  place('America/St_Johns', '00:00', 'sunday', '2010-03-14T03:31:00Z', '2010-11-07T02:31:00Z'),
]

/** Zones whose clocks changed once, for good, and one whose clock never did. */
export const steadyPlaces: Place[] = [
  // war time ended an hour back
  place('Asia/Kolkata', '04:30', 'monday', '1945-10-14T17:30:00Z'),
  // a quarter hour on, to +05:45
  place('Asia/Kathmandu', '00:00', 'sunday', '1985-12-31T18:30:00Z'),
  // 2011-12-30, on which a week would begin, does not exist
  place('Pacific/Apia', '00:00', 'friday', '2011-12-30T10:00:00Z'),
  // the last day of 1994 does not exist; the first zone of every day since
  place('Pacific/Kiritimati', '06:00', 'monday', '1994-12-31T10:00:00Z'),
  // a leap day
  place('UTC', '04:30', 'monday', '2024-02-29T00:00:00Z'),
]

export const places = [...summerPlaces, ...steadyPlaces]
