import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const patienceMs = 10 * 60_000

/**
 * Installs the packages of the lockfile under `root` when they are missing or other ones.
 * Writes to stderr alone: stdout belongs to the command that runs afterwards.
 */
export function ensureInstalled(root) {
  if (isInstalled(root)) return
  withLock(path.join(root, '.turnout-install.lock'), () => {
    if (!isInstalled(root)) install(root)
  })
}

function isInstalled(root) {
  const stamp = stampFile(root)
  const wanted = lockHash(root)
  if (readOrEmpty(stamp) === wanted) return true
  if (!sameAsLockfile(root)) return false
  writeStamp(stamp, wanted)
  return true
}

// A `npm install` by hand leaves no stamp of ours, yet nothing is missing after it.
function sameAsLockfile(root) {
  const hidden = readOrEmpty(path.join(root, 'node_modules/.package-lock.json'))
  if (!hidden) return false
  const installed = JSON.parse(hidden).packages
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([name, { version, optional }]) => {
    if (name === '' || (optional && !installed[name])) return true
    return installed[name]?.version === version && existsSync(path.join(root, name))
  })
}

function install(root) {
  process.stderr.write('Installing packages …\n')
  // Some versions of npm refuse a lockfile that leaves out packages of other platforms, which is
  // what npm writes where a registry does not have them. The second way takes the same versions.
  const troubles = []
  for (const command of [['ci'], ['install', '--no-save']]) {
    const trouble = runNpm(root, command)
    if (!trouble) return writeStamp(stampFile(root), lockHash(root))
    troubles.push(`npm ${command[0]}: ${trouble}`)
  }
  throw new Error(troubles.join('\n'))
}

function runNpm(root, args) {
  const npm = process.env.npm_execpath
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []]
  const options = ['--loglevel=error', '--include=dev', '--include=optional']
  const { status, error, stderr } = spawnSync(command, [...first, ...args, ...options], {
    cwd: root,
    stdio: ['ignore', 2, 'pipe'],
    encoding: 'utf8',
  })
  return status === 0 ? '' : error?.message || stderr.trim() || `exit code ${status}`
}

function withLock(folder, work) {
  const end = Date.now() + patienceMs
  while (!tryLock(folder)) {
    if (Date.now() > end) throw new Error(`another install holds ${folder}: remove it if none runs`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  const release = () => rmSync(folder, { recursive: true, force: true })
  try {
    work()
  } finally {
    release()
  }
}

function tryLock(folder) {
  try {
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true })
    return false
  }
}

function isAbandoned(folder) {
  const pid = Number(readOrEmpty(path.join(folder, 'pid')))
  try {
    // Between mkdir and the write of the pid the folder is empty for a moment.
    if (!pid) return Date.now() - statSync(folder).mtimeMs > 5000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

const stampFile = (root) => path.join(root, 'node_modules/.turnout-stamp')

function lockHash(root) {
  const lock = readFileSync(path.join(root, 'package-lock.json'))
  return createHash('sha256')
    .update(lock)
    .update(`${process.platform} ${process.arch}`)
    .digest('hex')
}

// The packages may belong to another user: a missing stamp only costs the comparison next time.
function writeStamp(file, text) {
  try {
    writeFileSync(file, text)
  } catch {}
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
