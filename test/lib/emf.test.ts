import { embeddedMetrics } from '../../lib/emf.ts'
import { log } from '../../lib/log.ts'
import { inTrace } from '../../lib/trace.ts'
import { defectsOf } from '../support/emf.ts'
import { logOf } from '../support/log.ts'

test('the check finds what CloudWatch would not read', () => {
  const Metrics = [{ Name: 'counted', Unit: 'Count' }]
  const directive = { Namespace: 'Turnout', Dimensions: [['function']], Metrics }
  const good = {
    _aws: { Timestamp: 1.7e12, CloudWatchMetrics: [directive] },
    function: 'f',
    counted: 1,
  }
  expect(defectsOf(good)).toEqual([])
  expect(defectsOf({ ...good, counted: '1' })).toEqual(['counted'])
  expect(defectsOf({ ...good, function: undefined })).toEqual(['function'])
  expect(defectsOf({ ...good, _aws: { ...good._aws, Timestamp: '2026' } })).not.toEqual([])
  expect(defectsOf({ ...good, _aws: undefined })).not.toEqual([])
})

test('a line names the metrics that it has, each with its unit', async () => {
  const { lines } = await logOf(async () =>
    inTrace('trace', { functionName: 'turnout-prod-ingestEvents', awsRequestId: 'r' }, () =>
      log('info', 'batch', { counted: 3, durationMs: 12, queueLagMs: undefined, venues: 2 }, [
        'counted',
        'durationMs',
        'queueLagMs',
      ]),
    ),
  )
  const [line] = lines
  expect(defectsOf(line ?? {})).toEqual([])
  expect(line).toMatchObject({
    function: 'turnout-prod-ingestEvents',
    traceId: 'trace',
    counted: 3,
  })
  expect(line?._aws).toMatchObject({
    CloudWatchMetrics: [
      {
        Namespace: 'Turnout',
        Dimensions: [['function']],
        Metrics: [
          { Name: 'counted', Unit: 'Count' },
          { Name: 'durationMs', Unit: 'Milliseconds' },
        ],
      },
    ],
  })
})

test('a line without a number or without its dimension is no metric', () => {
  const now = Date.now()
  expect(embeddedMetrics({ function: 'f', counted: Number.NaN }, ['counted'], now)).toEqual({})
  expect(embeddedMetrics({ function: 'f' }, [], now)).toEqual({})
  expect(embeddedMetrics({ function: '', counted: 1 }, ['counted'], now)).toEqual({})
})
