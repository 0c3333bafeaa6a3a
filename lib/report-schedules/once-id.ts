const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const ofSchedule = new RegExp(`^schedule (${uuid}) `)
const whole = new RegExp(`^${uuid}$`, 'i')

/** Whether a text may be the id of a schedule. */
export const isId = (text: string): boolean => whole.test(text)

/** What the run of a due time (epoch ms) and its export are known by. */
export const onceIdOfDue = (scheduleId: string, dueAt: number): string =>
  `schedule ${scheduleId} ${new Date(dueAt).toISOString()}`

/** What a run that a request has asked for, and its export, are known by. */
export const onceIdOfHand = (scheduleId: string, onceId: string): string =>
  `schedule ${scheduleId} hand ${onceId}`

/** The schedule that an export was asked for by; undefined where somebody asked for it alone. */
export const scheduleOf = (onceId: string): string | undefined => ofSchedule.exec(onceId)?.[1]
