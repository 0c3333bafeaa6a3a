import { readSources, type Source } from '../support/source.ts'
import { longFiles, migrationsWithCode } from './allowed.ts'

const deployed = readSources('functions', 'lib', 'migrations')
const service = deployed.filter(({ file }) => /^(functions|lib)\//.test(file))
const all = [...deployed, ...readSources('local')]

type Rule = {
  name: string
  wrong: RegExp
  instead: string
  in?: Source[]
  allowed?: string[]
}

const rules: Rule[] = [
  {
    name: 'exports have names',
    wrong: /^export default\b/m,
    instead: 'export const …, so that a name is the same wherever it is used',
    in: all,
    // the framework takes a plugin by its default export
    allowed: [
      'local/gateway-routes.mjs',
      'local/offline-environment.mjs',
      'local/deployment/plugin.ts',
    ],
  },
  {
    name: 'the service logs by log(), one JSON line',
    wrong: /\bconsole\s*\./,
    instead: 'use log() of lib/log.ts',
  },
  {
    name: 'zod is imported whole: a bundle has 120 KB instead of 481 KB',
    wrong: /import\s+(type\s+)?(\{|z\b)[^'\n]*from 'zod'/,
    instead: "write: import * as z from 'zod'",
    in: all,
  },
  {
    name: 'no barrel stands between a name and its file',
    wrong: /^export\s+(\*|\{[^}]*\}\s+from)/m,
    instead:
      'import from the file that declares it (a clients barrel costs 150 ms of a cold start)',
    in: all,
  },
  {
    name: 'Redis is never asked to walk its keys',
    wrong:
      /\.(keys|scan|scanIterator)\(\s*['"`]|\bcall\(\s*['"](KEYS|SCAN)\b|redis\(\)\.(keys|scan)/i,
    instead: 'keep the names in a set or in Postgres; a walk sees every venue',
  },
  {
    name: 'chance is not Math.random',
    wrong: /\bMath\.random\b/,
    instead: 'take ids from the event or the database; randomness as an argument',
  },
  {
    name: 'SQL is never text put together',
    wrong: /\.unsafe\(|\.reserve\(/,
    instead: 'use a tagged template; identifiers by tx(name) from an enum',
    // COPY takes no parameters: these are made of constants, and what was asked of settings.
    allowed: ['lib/exports/copy.ts', 'lib/exports/totals.ts'],
  },
  {
    name: 'a tenant setting ends with its transaction',
    wrong: /set_config\([^)]*,\s*false\s*\)|\bset\s+(session\s+)?app\./i,
    instead: 'set_config(…, …, true): behind a pooler the connection is somebody else’s next',
  },
  {
    name: 'columns are named',
    wrong: /\b(select|returning)\s+\*(?!\s+from (venues_with_work\(\)|jsonb_to_recordset))/i,
    instead: 'list the columns; a new one must not travel unseen',
  },
  {
    name: 'a token, a key or an address is never written into the source',
    wrong: /eyJ[\w-]{20,}\.|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY/,
    instead: 'secrets come from the environment by lib/config.ts',
    in: all,
  },
]

test.each(rules)('$name', ({ wrong, instead, in: sources = service, allowed = [] }) => {
  const findings = sources.flatMap(({ file, text }) => {
    if (allowed.includes(file)) return []
    const at = wrong.exec(text)?.index
    if (at === undefined) return []
    return [`${file}:${text.slice(0, at + 1).split('\n').length}: ${instead}`]
  })
  expect(findings).toEqual([])
})

test('no file has more than 250 lines', () => {
  const findings = all
    .filter(({ file, lines }) => lines > (longFiles[file] ?? 250))
    .map(({ file, lines }) => `${file} has ${lines} lines: split it by question, not by layer`)
  expect(findings).toEqual([])
  const stale = Object.keys(longFiles).filter(
    (file) => (all.find((source) => source.file === file)?.lines ?? 0) <= 250,
  )
  expect(stale.map((file) => `${file} is short enough: take it off the list`)).toEqual([])
})

test('folders are named for a domain, never for a kind of code', () => {
  const kinds = /(^|\/)(utils?|helpers?|types|constants|common|shared|misc|services|models)\//
  const findings = all.filter(({ file }) => kinds.test(file) || /\/index\.(ts|mjs)$/.test(file))
  expect(
    findings.map(({ file }) => `${file}: put it into lib/<domain>, named for its rule`),
  ).toEqual([])
})

test('names of files are kebab-case', () => {
  const odd = all.filter(({ file }) => !/^([a-z0-9-]+\/)*[a-z0-9-_]+\.(ts|mjs|sql)$/.test(file))
  expect(odd.map(({ file }) => file)).toEqual([])
})

test('a migration stands alone: what ran once must not change with the code', () => {
  const findings = deployed
    .filter(({ file }) => /^migrations\/(postgres|mongo)\//.test(file))
    .flatMap(({ file, imports }) =>
      imports.filter(({ isType }) => !isType).map(({ target }) => `${file} imports ${target}`),
    )
    .filter((finding) => !((finding.split(' ')[0] as string) in migrationsWithCode))
  expect(findings).toEqual([])
})
