const ofSchedule = /^schedule ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) /

/** What the run of a due time (epoch ms) and its export are known by. */
export const onceIdOfDue = (scheduleId: string, dueAt: number): string =>
  `schedule ${scheduleId} ${new Date(dueAt).toISOString()}`

/** What a run that a request has asked for, and its export, are known by. */
export const onceIdOfHand = (scheduleId: string, onceId: string): string =>
  `schedule ${scheduleId} hand ${onceId}`

/** The schedule that an export was asked for by; undefined where somebody asked for it alone. */
export const scheduleOf = (onceId: string): string | undefined => ofSchedule.exec(onceId)?.[1]
