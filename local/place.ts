import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** The user database servers run as; empty means: as this process. */
export type RunAs = { uid?: number; gid?: number }
export type Place = { user: string; runAs: RunAs; data: string; cache: string }

/**
 * Where databases and unpacked engines lie, and which user runs the servers. Database servers
 * refuse to run as root, and the user they run as instead often may not enter root's folders:
 * the place is chosen by trying. Nothing is installed and no user is created.
 */
export function choosePlace(home: string): Place {
  mkdirSync(home, { recursive: true, mode: 0o755 })
  if (process.getuid?.() !== 0) return placeOfUser(home)
  const known = readPlace(home)
  for (const [user, runAs] of candidates(known?.data ?? home)) {
    for (const [data, cache] of known ? [[known.data, known.cache] as const] : folders(home)) {
      if (isUsable(cache, runAs) && isUsable(data, runAs)) {
        writeFileSync(placeFile(home), JSON.stringify({ data, cache }))
        return { user, runAs, data, cache }
      }
    }
  }
  throw new Error(
    'as root, no folder was found that a user other than root may use: set DATABASE_URL and ' +
      'MONGODB_URI, or run as an ordinary user',
  )
}

function placeOfUser(home: string): Place {
  const wanted = path.join(
    process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
    'turnout',
  )
  const cache = isUsable(wanted, {}) ? wanted : path.join(home, 'cache')
  return { user: os.userInfo().username, runAs: {}, data: home, cache }
}

function folders(home: string) {
  const mark = createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 8)
  return [
    [home, path.join(os.homedir(), '.cache/turnout')],
    [home, '/var/cache/turnout'],
    [`/var/lib/turnout/${mark}`, '/var/cache/turnout'],
    [`/var/tmp/turnout-0/${mark}`, '/var/tmp/turnout-0/cache'],
  ] as const
}

// Data belongs to the user that wrote it first.
function candidates(data: string): [string, RunAs][] {
  const owner = ownerOf(path.join(data, 'postgres')) ?? ownerOf(path.join(data, 'documentdb'))
  if (owner) return [[`user ${owner.uid}`, owner]]
  return ['postgres', 'nobody'].flatMap((user) => {
    const ids = idsOf(user)
    return ids && ids.uid !== 0 ? [[user, ids]] : []
  })
}

function ownerOf(folder: string) {
  try {
    const { uid, gid } = statSync(folder)
    return uid === 0 ? undefined : { uid, gid }
  } catch {
    return undefined
  }
}

function idsOf(user: string) {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

const placeFile = (home: string) => path.join(home, 'place.json')

function readPlace(home: string): { data: string; cache: string } | undefined {
  try {
    return JSON.parse(readFileSync(placeFile(home), 'utf8'))
  } catch {
    return undefined
  }
}

// Catches parents with mode 700, noexec mounts and read-only ones by doing what servers will do.
function isUsable(folder: string, runAs: RunAs) {
  let probe = ''
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    if (isPlanted(folder)) return false
    if (statSync(folder).uid === process.getuid?.()) chmodSync(folder, 0o755)
    probe = mkdtempSync(path.join(folder, '.probe-'))
    const script = path.join(probe, 'x')
    writeFileSync(script, '#!/bin/sh\n: > "$1"\n', { mode: 0o755 })
    chmodSync(script, 0o755)
    chmodSync(probe, 0o700)
    if (runAs.uid !== undefined) chownSync(probe, runAs.uid, runAs.gid ?? runAs.uid)
    return spawnSync(script, [path.join(probe, 'written')], { ...runAs, cwd: '/' }).status === 0
  } catch {
    return false
  } finally {
    if (probe) rmSync(probe, { recursive: true, force: true })
  }
}

// Below a folder that everyone may write to, somebody else could have put a link first.
function isPlanted(folder: string) {
  if (!folder.startsWith('/var/tmp/')) return false
  const stat = lstatSync(folder)
  return stat.isSymbolicLink() || stat.uid !== process.getuid?.()
}
