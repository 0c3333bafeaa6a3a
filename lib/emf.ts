/** The fields of log lines that are metrics, by their unit in CloudWatch. */
const units = {
  counted: 'Count',
  known: 'Count',
  quarantined: 'Count',
  replayed: 'Count',
  rejected: 'Count',
  failed: 'Count',
  faults: 'Count',
  redriven: 'Count',
  archived: 'Count',
  outboxDepth: 'Count',
  durationMs: 'Milliseconds',
  lagMs: 'Milliseconds',
  queueLagMs: 'Milliseconds',
} as const

export type MetricName = keyof typeof units

/**
 * What turns a log line into metrics (CloudWatch Embedded Metric Format): it names those of the
 * line's fields that are numbers. Each metric has one dimension, the function.
 */
export function embeddedMetrics(
  line: Record<string, unknown>,
  names: readonly MetricName[],
  now: number,
): object {
  const told = names.filter((name) => Number.isFinite(line[name]))
  if (told.length === 0 || !line.function) return {}
  const Metrics = told.map((name) => ({ Name: name, Unit: units[name] }))
  const directive = { Namespace: 'Turnout', Dimensions: [['function']], Metrics }
  return { _aws: { Timestamp: now, CloudWatchMetrics: [directive] } }
}
