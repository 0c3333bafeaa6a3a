import * as z from 'zod'

// The rules of the "Embedded metric format document structure" in CloudWatch's manual.
const units =
  'Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None'.split(
    ' ',
  )
const Directive = z.strictObject({
  Namespace: z.string().min(1).max(1024),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
  Metrics: z
    .array(
      z.strictObject({
        Name: z.string().min(1).max(1024),
        Unit: z.enum(units),
        StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
      }),
    )
    .min(1)
    .max(100),
})
const Metadata = z.strictObject({
  Timestamp: z.int().min(1_000_000_000_000),
  CloudWatchMetrics: z.array(Directive).min(1),
})
const value = z.union([z.number(), z.array(z.number()).max(100)])

/** What is wrong with a line as CloudWatch reads it. */
export function defectsOf(line: Record<string, unknown>): string[] {
  const parsed = Metadata.safeParse(line._aws)
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path}: ${message}`)
  return parsed.data.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => [
    ...Dimensions.flat().filter(
      (name) => !z.string().min(1).max(1024).safeParse(line[name]).success,
    ),
    ...Metrics.filter(({ Name }) => !value.safeParse(line[Name]).success).map(({ Name }) => Name),
    ...(new Set(Metrics.map(({ Name }) => Name)).size < Metrics.length ? ['told twice'] : []),
  ])
}
