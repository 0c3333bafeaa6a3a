import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A change of one file of the service: `from` must be there, once or more; its first is changed. */
export type Mutation = { file: string; from: string; to: string }

const copied = ['functions', 'lib', 'local', 'migrations', 'test', 'package.json', 'serverless.yml']

/** The names of the tests of some files that fail against a copy of the service with the changes. */
export async function failuresOf(testFiles: string[], mutations: Mutation[]): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-mutant-'))
  try {
    for (const name of copied) await cp(name, path.join(folder, name), { recursive: true })
    await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'))
    for (const mutation of mutations) await mutate(folder, mutation)
    const outputFile = path.join(folder, 'result.json')
    const jest = path.resolve('node_modules/jest/bin/jest.js')
    const told = ['--json', `--outputFile=${outputFile}`, '--runInBand', '--watchman=false']
    await ended(
      spawn(process.execPath, [jest, ...told, ...testFiles], {
        cwd: folder,
        stdio: 'ignore',
      }),
    )
    return failed(await readFile(outputFile, 'utf8'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function mutate(folder: string, { file, from, to }: Mutation): Promise<void> {
  const target = path.join(folder, file)
  const text = await readFile(target, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no ${from}: mend the mutation`)
  await writeFile(
    target,
    text.replace(from, () => to),
  )
}

const ended = (child: ReturnType<typeof spawn>) =>
  new Promise<void>((resolve, reject) => {
    child.on('exit', () => resolve())
    child.on('error', reject)
  })

function failed(result: string): string[] {
  const { testResults } = JSON.parse(result) as {
    testResults: { message: string; assertionResults: { title: string; status: string }[] }[]
  }
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  // A mutant that cannot even be loaded proves nothing.
  if (tests.length === 0) throw new Error(testResults[0]?.message ?? 'no test was run')
  return tests.filter(({ status }) => status === 'failed').map(({ title }) => title)
}
