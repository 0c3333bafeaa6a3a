/**
 * node local/run.mjs SCRIPT [ARGUMENTS]: installs what is missing, then runs SCRIPT under Node 24.
 * Runs on Node 20 with nothing installed.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './install.mjs'
import { usage } from './usage.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const [script, ...args] = process.argv.slice(2)
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

try {
  main()
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

function main() {
  if (!script) throw new Error('usage: node local/run.mjs SCRIPT [ARGUMENTS]')
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage[script] ?? `no help for ${script}`}\n`)
    return
  }
  checkPlatform()
  if (!existsSync(path.join(root, script))) throw new Error(`${script} does not exist`)
  ensureInstalled(root)
  run(findNode())
}

function checkPlatform() {
  const here = `${process.platform}-${process.arch}`
  if (!/^(linux|darwin)-(x64|arm64)$/.test(here)) {
    throw new Error(`${here} is not supported: use Linux or macOS on x64 or arm64 (or WSL 2)`)
  }
  const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined
  if (process.platform === 'linux' && !isGlibc && nodeMajor() < 24) {
    throw new Error('This Linux has no glibc: install Node 24 or newer on it')
  }
}

function nodeMajor() {
  return Number(process.versions.node.split('.')[0])
}

function findNode() {
  const packaged = path.join(root, 'node_modules/.bin/node')
  if (existsSync(packaged)) return packaged
  if (nodeMajor() >= 24) return process.execPath
  throw new Error(
    `Node 24 or newer is needed on ${process.platform}-${process.arch}, this is ${process.version}`,
  )
}

function run(node) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
    cwd: root,
    // The far end of the fourth stream closes when this process ends in whatever way, kill -9
    // included: that is how the child learns of it.
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: {
      ...process.env,
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
      TURNOUT_PARENT_FD: '3',
    },
  })
  child.stdio[3].on('error', () => {})
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  const watch = watchNpm(() => child.kill('SIGTERM'))
  child.on('error', (error) => {
    process.stderr.write(`${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    clearInterval(watch)
    if (!signal) process.exit(code)
    for (const each of signals) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
}

// A killed npm tells nobody. Only npm is watched: without it the parent is a shell, which may
// leave while this runs on (nohup, setsid).
function watchNpm(onGone) {
  if (!process.env.npm_lifecycle_event) return undefined
  const ancestors = npmAncestors()
  return setInterval(() => {
    if (ancestors.some(({ pid, startedAt }) => startTime(pid) !== startedAt)) onGone()
  }, 500)
}

// npm runs a script by `sh -c`, and some shells stay in between.
function npmAncestors() {
  const parent = { pid: process.ppid, startedAt: startTime(process.ppid) }
  if (!/^(ba|da|a|z)?sh$/.test(commandName(parent.pid))) return [parent]
  const pid = parentOf(parent.pid)
  return pid > 1 ? [parent, { pid, startedAt: startTime(pid) }] : [parent]
}

function stat(pid) {
  return readProc(`/proc/${pid}/stat`).replace(/.*\) /s, '').split(' ')
}

function commandName(pid) {
  return readProc(`/proc/${pid}/comm`).trim()
}

function parentOf(pid) {
  return Number(stat(pid)[1])
}

function startTime(pid) {
  if (process.platform !== 'linux') return process.ppid === pid ? 'same' : 'gone'
  const fields = stat(pid)
  return fields[0] === 'Z' ? 'gone' : (fields[19] ?? 'gone')
}

function readProc(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
