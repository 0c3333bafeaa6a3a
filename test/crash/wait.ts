import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until the condition holds; a condition that throws does not. Throws after `patienceMs`. */
export async function waitFor(
  what: string,
  patienceMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  let reason = ''
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(50)) {
    try {
      if (await condition()) return
      reason = ''
    } catch (error) {
      reason = `: ${(error as Error).message}`
    }
  }
  throw new Error(`waited ${patienceMs / 1000} s in vain until ${what}${reason}`)
}
