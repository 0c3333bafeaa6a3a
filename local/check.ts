/** node local/check.ts: all checks that need no database, every one of them. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)
const bin = (name: string) => path.join(root, 'node_modules/.bin', name)
const jest = path.join(root, 'node_modules/jest/bin/jest.js')
const checks: [title: string, command: string, ...args: string[]][] = [
  [
    'format and lint',
    bin('biome'),
    'ci',
    `--colors=${process.stdout.isTTY ? 'force' : 'off'}`,
    '.',
  ],
  ['types', bin('tsc'), '--noEmit'],
  ['dead code and dependencies', bin('knip')],
  ['architecture', process.execPath, jest, '--selectProjects', 'rules'],
]

const failed = checks.filter(([title, command, ...args]) => {
  process.stdout.write(`\n— ${title}\n`)
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) process.stderr.write(`${error.message}\n`)
  return status !== 0
})
const names = failed.map(([title]) => title).join(', ')
process.stdout.write(names ? `\nfailed: ${names}\n` : '\nall checks passed\n')
process.exit(failed.length > 0 ? 1 : 0)
