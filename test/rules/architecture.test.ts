import { domainOf, type Import, isOneOf, readSources, type Source } from '../support/source.ts'
import {
  awsCommands,
  clientsOfPackages,
  filesWithSql,
  foreignStores,
  pureFiles,
  readersOfEnvironment,
  talkToClients,
  wrappers,
} from './allowed.ts'

const service = readSources('functions', 'lib', 'migrations')
const byFile = new Map(service.map((source) => [source.file, source]))

type Finding = string | undefined | false

/** Every import of a folder that breaks a rule, with the place where the line should go instead. */
function broken(folder: string, judge: (file: string, one: Import) => Finding): string[] {
  return service
    .filter(({ file }) => file.startsWith(folder))
    .flatMap(({ file, imports }) =>
      imports.flatMap((one) => {
        const finding = judge(file, one)
        return finding ? [`${file} imports ${one.target}: ${finding}`] : []
      }),
    )
}

test('imports are found, of values and of types', () => {
  const imports = byFile.get('lib/events/ingest.ts')?.imports ?? []
  expect(imports).toContainEqual(
    expect.objectContaining({ target: 'lib/clients/postgres.ts', isFile: true, isType: false }),
  )
  expect(imports).toContainEqual(expect.objectContaining({ target: 'lib/queue.ts', isType: true }))
  const missing = service.flatMap(({ file, imports: all }) =>
    all
      .filter((one) => one.isFile && !one.target.endsWith('.json') && !byFile.has(one.target))
      .map((one) => `${file}: ${one.target}`),
  )
  expect(missing).toEqual([])
})

test('a function imports wrappers and domains, never a client, a driver or the configuration', () => {
  expect(
    broken('functions/', (_file, { target, isFile, isType }) => {
      if (!isFile) {
        const isFine = target === 'zod' || target.startsWith('node:') || isType
        return !isFine && 'what a package does belongs in lib/clients or in lib/<domain>'
      }
      if (target.startsWith('lib/clients/')) return 'put the work into a verb of lib/<domain>'
      if (target === 'lib/config.ts') return 'lib/<domain> reads the settings it needs'
      if (target.startsWith('functions/')) return 'what two functions share belongs in lib/<domain>'
      return !target.startsWith('lib/') && 'a function is built of lib alone'
    }),
  ).toEqual([])
})

test('a client imports settings, errors, deadlines and turns, no domain', () => {
  expect(
    broken('lib/clients/', (_file, { target, isFile, isType }) => {
      const fine = ['config', 'errors', 'deadline', 'sql-state', 'turns']
      const isFine =
        fine.some((name) => target === `lib/${name}.ts`) || target.startsWith('lib/clients/')
      return isFile && !isFine && !isType && 'a client knows no domain: move it to lib/<domain>'
    }),
  ).toEqual([])
})

test('nothing that is deployed imports local/ or test/', () => {
  expect(
    broken('', (_file, { target, isFile }) => {
      const isAbroad = isFile && /^(local|test)\//.test(target)
      return isAbroad && 'move what the service needs into lib/<domain>'
    }),
  ).toEqual([])
})

test('nothing in lib imports a function', () => {
  expect(
    broken('lib/', (_file, { target }) => {
      return target.startsWith('functions/') && 'move the shared part into lib/<domain>'
    }),
  ).toEqual([])
})

test('a domain does not reach back to the wrapper that calls it', () => {
  expect(
    broken('lib/', (file, { target, isType }) => {
      if (!domainOf(file) || isType || !isOneOf(target, wrappers)) return undefined
      const isFine = isOneOf(file, talkToClients[target] ?? [])
      return !isFine && 'constants and helpers of both belong in a file of their own in lib'
    }),
  ).toEqual([])
})

test('each driver and SDK has its own few files', () => {
  expect(
    broken('', (file, { target, isFile, isType }) => {
      if (isFile || isType || target.startsWith('node:') || target === 'zod') return undefined
      const places = clientsOfPackages[target]
      if (!places) return 'name the files of this package in test/rules/allowed.ts, with the reason'
      return !isOneOf(file, places) && `only ${places.join(', ')} may use it`
    }),
  ).toEqual([])
  const makers = service.filter(({ text }) => /\bnew \w+Client\(/.test(text))
  expect(
    makers.map(({ file }) => file).filter((file) => !isOneOf(file, awsCommands.makers)),
  ).toEqual([])
})

test('a rule that decides reaches no store, no clock, no chance and no log, by no detour', () => {
  const findings = service
    .filter(({ file }) => isOneOf(file, pureFiles))
    .flatMap((source) => impurities(source))
  expect(findings).toEqual([])
})

const impure = ['lib/clients/*', 'lib/config.ts', 'lib/log.ts', 'lib/**/store.ts']
// node:net for isIP
const quietBuiltins = ['node:crypto', 'node:buffer', 'node:util', 'node:net']
const chance = /\bnew Date\(\)|\bDate\.now\(|\brandomUUID\(|\bMath\.random\(|\bprocess\.|\bfetch\(/

function impurities(source: Source): string[] {
  const findings: string[] = []
  if (chance.test(source.text.replace(/^\s*(\/\/|\/?\*).*$/gm, ''))) {
    findings.push(`${source.file} asks for time or chance: take them as arguments`)
  }
  const seen = new Set<string>()
  const walk = (file: string, trail: string[]) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const { target, isFile, isType } of byFile.get(file)?.imports ?? []) {
      if (isType) continue
      const isBad = isFile
        ? isOneOf(target, impure)
        : target !== 'zod' && !quietBuiltins.includes(target)
      const way = [...trail, target].join(' → ')
      if (isBad) findings.push(`${way}: a rule is pure; its verb does the I/O and passes the facts`)
      else if (isFile) walk(target, [...trail, target])
    }
  }
  walk(source.file, [source.file])
  return findings
}

test('SQL stands in store files and a short list of others', () => {
  const findings = service
    .filter(({ file, text }) => file.startsWith('lib/') && /\b(tx|sql)(<[^`]*>)?`/.test(text))
    .map(({ file }) => file)
    .filter((file) => !isOneOf(file, ['lib/clients/postgres.ts', 'lib/*/store.ts']))
  const unexpected = findings.filter((file) => !(file in filesWithSql))
  expect(unexpected.map((file) => `${file}: move the SQL to its domain's store.ts`)).toEqual([])
  const stale = Object.keys(filesWithSql).filter((file) => !findings.includes(file))
  expect(stale.map((file) => `${file} has no SQL any more: take it off the list`)).toEqual([])
})

test('a store is its own domain’s, and other domains call its verbs', () => {
  const used = new Set<string>()
  const findings = broken('lib/', (file, { target, isType }) => {
    const owner = domainOf(target)
    if (isType || !target.endsWith('/store.ts') || owner === domainOf(file)) return undefined
    const key = `${file} → ${target}`
    used.add(key)
    return !(key in foreignStores) && `call a verb of lib/${owner}, or say in allowed.ts why not`
  })
  expect(findings).toEqual([])
  const stale = Object.keys(foreignStores).filter((key) => !used.has(key))
  expect(stale.map((key) => `${key} is not so any more: take it off the list`)).toEqual([])
})

test('the environment is read in lib/config.ts', () => {
  const readers = service.filter(({ text }) => /\bprocess\.env\b/.test(text)).map((s) => s.file)
  const unexpected = readers.filter((file) => !(file in readersOfEnvironment))
  expect(unexpected.map((file) => `${file}: add the name to a concern of lib/config.ts`)).toEqual(
    [],
  )
  const stale = Object.keys(readersOfEnvironment).filter((file) => !readers.includes(file))
  expect(stale.map((file) => `${file} reads none any more: take it off the list`)).toEqual([])
})
