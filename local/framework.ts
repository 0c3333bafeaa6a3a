import { spawnSync } from 'node:child_process'
import path from 'node:path'

/** Runs the framework with the arguments of this process after `command`; returns its exit code. */
export function runFramework(command: string, environment: NodeJS.ProcessEnv = {}) {
  const root = path.dirname(import.meta.dirname)
  const framework = path.join(root, 'node_modules/serverless/bin/serverless.js')
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', framework, command, ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  return status ?? 1
}
