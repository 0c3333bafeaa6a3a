import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fetchDocumentDb, hasDocumentDb } from '../fetch/documentdb-package.ts'

export type MongoEngine =
  | { kind: 'mongod'; name: string; program: string }
  | { kind: 'documentdb'; name: string; engine: string }
type Search = { home: string; cache: string; say: (line: string) => void }

const probePatienceMs = 5000
const downloadHost = 'https://fastdl.mongodb.org'

/**
 * A mongod of this machine, else a downloaded one, else the DocumentDB engine of Debian. The kind
 * is remembered with the data, which belongs to it.
 */
export async function findMongo(search: Search): Promise<MongoEngine> {
  const file = path.join(search.home, 'mongo-engine')
  const known = readOrEmpty(file)
  const found = await find(search, known)
  if (known && found.kind !== known) {
    throw new Error(`the data in ${search.home} belongs to ${known}, which was not found`)
  }
  writeFileSync(file, found.kind)
  return found
}

async function find({ cache, say }: Search, known: string): Promise<MongoEngine> {
  if (known === 'documentdb') return documentDb(cache, say)
  const program = localMongod()
  if (program) return program
  // Both are quick when they are in the cache; otherwise the real one is tried first.
  if (!known && hasDocumentDb(cache)) return documentDb(cache, say)
  const reasons: string[] = []
  try {
    return await downloadMongod(cache, say)
  } catch (error) {
    reasons.push(`download of mongod: ${(error as Error).message}`)
  }
  try {
    return await documentDb(cache, say)
  } catch (error) {
    reasons.push(`DocumentDB engine: ${(error as Error).message}`)
  }
  throw new Error(
    `no MongoDB: set MONGODB_URI, put mongod on the PATH or name it in MONGOMS_SYSTEM_BINARY\n${reasons.join('\n')}`,
  )
}

async function documentDb(cache: string, say: (line: string) => void): Promise<MongoEngine> {
  const engine = await fetchDocumentDb(cache, say)
  return { kind: 'documentdb', name: 'DocumentDB on PostgreSQL 18 (not MongoDB)', engine }
}

function localMongod(): MongoEngine | undefined {
  const named = process.env.MONGOMS_SYSTEM_BINARY
  for (const program of named ? [named] : ['mongod']) {
    const version = versionOf(program)
    if (version) return { kind: 'mongod', name: `MongoDB ${version}`, program }
    if (named) throw new Error(`MONGOMS_SYSTEM_BINARY=${named} does not run`)
  }
  return undefined
}

async function downloadMongod(cache: string, say: (line: string) => void): Promise<MongoEngine> {
  // The download itself may take minutes; that it is impossible must show in seconds.
  await fetch(process.env.MONGOMS_DOWNLOAD_MIRROR ?? downloadHost, {
    method: 'HEAD',
    signal: AbortSignal.timeout(probePatienceMs),
  })
  const { MongoBinary } = await import('mongodb-memory-server-core/lib/util/MongoBinary.js')
  say('looking for mongod, fetching it when it is missing …')
  const program = await MongoBinary.getPath({ downloadDir: path.join(cache, 'mongod') })
  const version = versionOf(program)
  if (!version) throw new Error(`${program} does not run on this system`)
  return { kind: 'mongod', name: `MongoDB ${version}`, program }
}

function versionOf(program: string) {
  const { stdout, status } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/v(\d[\d.]*)/.exec(stdout)?.[1] ?? 'unknown') : undefined
}

function readOrEmpty(file: string) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
