type Fields = Record<string, string | number | boolean | null | undefined>

/**
 * One JSON line. Callers pass names and counts; bodies, tokens and addresses of people never.
 */
export function log(level: 'info' | 'warn' | 'error', message: string, fields: Fields = {}): void {
  const line = JSON.stringify({ level, message, time: new Date().toISOString(), ...fields })
  process.stdout.write(`${line}\n`)
}

/** The text of a fault for the log: its name, message and first frames, without its cause's data. */
export function describeFault(fault: unknown): { error: string; stack?: string } {
  if (!(fault instanceof Error)) return { error: String(fault) }
  return {
    error: `${fault.name}: ${fault.message}`,
    stack: fault.stack?.split('\n').slice(1, 6).join(' | '),
  }
}
