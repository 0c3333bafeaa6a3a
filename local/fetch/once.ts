import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { identify, isAlive } from '../processes/alive.ts'

const patienceMs = 15 * 60_000

/**
 * Makes the folder `target` by `build` unless it is there. Two starts may meet: one builds, the
 * other waits. The folder appears by a rename, so it is complete or absent.
 */
export async function buildOnce(target: string, build: (into: string) => Promise<void>) {
  const lock = `${target}.lock`
  const end = Date.now() + patienceMs
  mkdirSync(path.dirname(target), { recursive: true })
  while (!existsSync(target)) {
    if (Date.now() > end) throw new Error(`${lock} is held by another process for too long`)
    if (!tryLock(lock)) {
      await sleep(200)
      continue
    }
    try {
      if (!existsSync(target)) await buildUnderLock(target, build)
    } finally {
      rmSync(lock, { force: true })
    }
  }
  return target
}

async function buildUnderLock(target: string, build: (into: string) => Promise<void>) {
  const work = `${target}.work`
  const into = path.join(work, 'out')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  try {
    await build(into)
    // Another user may run what root has fetched.
    await promisify(execFile)('chmod', ['-R', 'a+rX', into])
    renameSync(into, target)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function tryLock(lock: string) {
  try {
    writeFileSync(lock, JSON.stringify(identify(process.pid)), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (isAbandoned(lock)) rmSync(lock, { force: true })
    return false
  }
}

function isAbandoned(lock: string) {
  try {
    return !isAlive(JSON.parse(readFileSync(lock, 'utf8')))
  } catch {
    return false
  }
}
