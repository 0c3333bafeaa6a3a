import { bundle } from '../support/bundle.ts'
import { lambdas, serverless } from '../support/serverless.ts'

jest.setTimeout(240_000)

// Bytes after minification. A megabyte more to load costs a cold start about 100 ms.
const budgets: Record<string, number> = {
  ingestEvents: 1_400_000,
  // the one function that asks every store
  ready: 1_900_000,
  // the one function that runs every job
  jobs: 1_700_000,
  metrics: 350_000,
  realtime: 350_000,
  events: 350_000,
  settings: 350_000,
  windows: 350_000,
  dataQuality: 350_000,
  // they have sockets told
  alerts: 900_000,
  alertInstances: 900_000,
  silences: 350_000,
  muteWindows: 350_000,
  escalationPolicies: 350_000,
  health: 350_000,
  schemas: 350_000,
  // the document grows with the routes
  docs: 540_000,
  notFound: 350_000,
  authorize: 350_000,
  sockets: 350_000,
  connect: 350_000,
  disconnect: 350_000,
}

test('bundles are minified modules for Node 24, their drivers’ optional parts left out', () => {
  const { minify, bundle: isBundled, format, target, sourcemap } = serverless.custom.esbuild
  expect({ minify, isBundled, format, target, sourcemap }).toEqual({
    minify: true,
    isBundled: true,
    format: 'esm',
    target: 'node24',
    sourcemap: 'external',
  })
})

test('no function is heavier than its budget', async () => {
  const bundles = await Promise.all(
    lambdas.map(async ([name, lambda]) => ({ name, ...(await bundle(lambda)) })),
  )
  const sizes = bundles.map(({ name, bytes }) => {
    const budget = budgets[name] ?? 1_400_000
    const of = `${String(Math.round(bytes / 1000)).padStart(6)} KB of ${Math.round(budget / 1000)}`
    return { name, bytes, budget, line: `${of.padEnd(20)} ${name}` }
  })
  process.stderr.write(`${sizes.map(({ line }) => line).join('\n')}\n`)
  const tooLarge = sizes.filter(({ bytes, budget }) => bytes === 0 || bytes > budget)
  expect(tooLarge.map(({ line }) => `${line}: see which import brought it`)).toEqual([])
  expect(Object.keys(budgets).filter((name) => !(name in serverless.functions))).toEqual([])
})

test('a function that only reads loads neither Mongo nor an SDK of AWS', async () => {
  const readers = lambdas.filter(([name]) => (budgets[name] ?? Number.MAX_VALUE) <= 540_000)
  const findings = await Promise.all(
    readers.map(async ([name, lambda]) => {
      const { files } = await bundle(lambda)
      const heavy = files.filter((file) => /node_modules\/(mongodb|@aws-sdk|@smithy)\//.test(file))
      return heavy.length > 0 ? [`${name} loads ${heavy[0]}`] : []
    }),
  )
  expect(findings.flat()).toEqual([])
})
