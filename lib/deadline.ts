/** Work that has not settled in time. */
export class DeadlinePassed extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
    this.name = 'DeadlinePassed'
  }
}

/**
 * Settles as `work` does, or throws DeadlinePassed after `ms`. The work itself goes on: what
 * becomes of it later goes to nobody.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed(ms)), ms)
  })
  work.catch(() => {}) // raced: its rejection after the deadline would be nobody's
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
