import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Runs the framework with the arguments of this process after `command`; returns its exit code. */
export function runFramework(command: string, environment: NodeJS.ProcessEnv = {}) {
  const root = path.dirname(import.meta.dirname)
  const framework = path.join(root, 'node_modules/serverless/bin/serverless.js')
  // It leaves a folder behind for every function that it bundles.
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'turnout-framework-'))
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', framework, command, ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, TMPDIR: scratch, ...environment } },
  )
  rmSync(scratch, { recursive: true, force: true })
  return status ?? 1
}
