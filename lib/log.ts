import { embeddedMetrics, type MetricName } from './emf.ts'
import { currentScope } from './trace.ts'

type Fields = Record<string, string | number | boolean | null | undefined>

/**
 * One JSON line with the request and the trace it belongs to. Callers pass names and counts;
 * bodies, tokens and addresses of people never. The named `metrics` among the fields are measured.
 */
export function log(
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Fields = {},
  metrics: readonly MetricName[] = [],
): void {
  const now = new Date()
  const line = { level, message, time: now.toISOString(), ...currentScope(), ...fields }
  const text = JSON.stringify({ ...line, ...embeddedMetrics(line, metrics, now.getTime()) })
  process.stdout.write(`${text}\n`)
}

/** The text of a fault for the log: its name, message and first frames, without its cause's data. */
export function describeFault(fault: unknown): { error: string; stack?: string } {
  if (!(fault instanceof Error)) return { error: String(fault) }
  return {
    error: `${fault.name}: ${fault.message}`,
    stack: fault.stack?.split('\n').slice(1, 6).join(' | '),
  }
}
