import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { bundle } from '../support/bundle.ts'
import { lambdas } from '../support/serverless.ts'
import { type Line, type Options, type Section, section } from './section.ts'

/** What each function's bundle weighs, and how long a new process takes to import it. */
export async function benchFunctions({ isQuick }: Options): Promise<Section> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnout-bundles-'))
  try {
    const files = new Map<string, { file: string; bytes: number }>()
    await writeFile(path.join(folder, 'empty.mjs'), 'export const handler = () => {}\n')
    files.set('empty', { file: path.join(folder, 'empty.mjs'), bytes: 0 })
    for (const [name, lambda] of lambdas) {
      const { code, bytes } = await bundle(lambda)
      const file = path.join(folder, `${name}.mjs`)
      await writeFile(file, code)
      files.set(name, { file, bytes })
    }
    const runs = new Map([...files.keys()].map((name) => [name, [] as number[]]))
    for (let run = 0; run < (isQuick ? 3 : 9); run += 1) {
      const names = run % 2 ? [...files.keys()] : [...files.keys()].reverse()
      // One after the other: they would slow each other.
      for (const name of names) {
        runs.get(name)?.push(await importMs(files.get(name)?.file ?? ''))
      }
    }
    const empty = { what: 'an empty module', runs: runs.get('empty') ?? [] }
    const lines: Line[] = [...files]
      .filter(([name]) => name !== 'empty')
      .sort(([, a], [, b]) => b.bytes - a.bytes)
      .map(([name, { bytes }]) => ({
        what: `${name}: ${Math.round(bytes / 1000)} KB, import`,
        unit: 'ms',
        runs: runs.get(name) ?? [],
        limit: empty,
      }))
    return section('Functions: bundle and load time', lines, [
      'The time of import() alone in a new process of Node, without its own start.',
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function importMs(file: string): Promise<number> {
  const program = `
    const startedAt = performance.now()
    await import(${JSON.stringify(pathToFileURL(file).href)})
    process.stdout.write(String(performance.now() - startedAt))
    process.exit()`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    program,
  ])
  return Number(stdout)
}
