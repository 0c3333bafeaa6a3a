import { spawn } from 'node:child_process'
import path from 'node:path'
import { dataFile } from './data.ts'

/**
 * Imports a file of the real data by a map of test/maps, in a process of its own; with `killAfterMs`
 * it does not live to its end.
 */
export function importFile([file, map]: readonly [string, string], killAfterMs?: number) {
  const child = spawn(
    process.execPath,
    ['local/import.ts', dataFile(file), '--map', path.join('test/maps', map)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: process.env },
  )
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  if (killAfterMs) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('exit', (code) => resolve({ code, output }))
  })
}
