import { currentScope, inTrace, traceOf, traceOfHeaders, traceparentOf } from '../../lib/trace.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'

test.each([
  ['W3C', `00-${trace}-00f067aa0ba902b7-01`],
  ['W3C of a later version', `cc-${trace}-00f067aa0ba902b7-01-what-the-future-brings`],
  ['W3C in upper case', `00-${trace.toUpperCase()}-00F067AA0BA902B7-01`],
  ['X-Ray', 'Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=53995c3f42cd8ad8;Sampled=1'],
  [
    'X-Ray after Self',
    'Self=1-67891234-abcdef012345678912345678;Root=1-4bf92f35-77b34da6a3ce929d0e0e4736',
  ],
])('a trace is read from a header of %s', (_form, header) => {
  expect(traceOf(header)).toBe(trace)
})

test.each([
  undefined,
  '',
  trace,
  `00-${trace}`,
  `ff-${trace}-00f067aa0ba902b7-01`,
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${trace.slice(1)}g-00f067aa0ba902b7-01`,
  'Root=1-4bf92f35-77b34da6a3ce929d0e0e4736ab',
  'jane@example.org',
])('%s names no trace', (header) => expect(traceOf(header)).toBeUndefined())

test('W3C goes before X-Ray, and who names none is given a new one', () => {
  const xray = 'Root=1-67891234-abcdef012345678912345678'
  const w3c = traceparentOf(trace)
  expect(traceOfHeaders({ 'X-Amzn-Trace-Id': xray, TraceParent: w3c })).toBe(trace)
  expect(traceOfHeaders({ 'x-amzn-trace-id': xray, traceparent: 'x' })).toBe(
    '67891234abcdef012345678912345678',
  )
  const [one, two] = [traceOfHeaders({}), traceOfHeaders(null)]
  expect(one).toMatch(/^[0-9a-f]{32}$/)
  expect(one).not.toBe(two)
})

test('two works at once keep their scopes apart', async () => {
  const work = (traceId: string) =>
    inTrace(traceId, { functionName: 'f', awsRequestId: traceId }, async () => {
      await new Promise(setImmediate)
      return currentScope()
    })
  expect(await Promise.all([work('a'), work('b')])).toEqual([
    { function: 'f', requestId: 'a', traceId: 'a' },
    { function: 'f', requestId: 'b', traceId: 'b' },
  ])
  expect(currentScope()).toBeUndefined()
})
