const staleMs = 60_000

/** Whether an answer as of a moment (ISO) tells less than what came until a minute ago. */
export const isStale = (asOf: string, now: Date): boolean =>
  now.getTime() - Date.parse(asOf) > staleMs
