import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createCrew } from '../../local/processes/crew.ts'

test('what ended is written down no more once all have ended and the home is gone', async () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-crew-'))
  const changes: number[] = []
  const crew = await createCrew({
    home,
    say: () => {},
    onLoss: () => {},
    onChange: () => changes.push(Date.now()),
  })
  await crew.start({
    name: 'sleeper',
    command: 'sleep',
    args: ['60'],
    ready: async () => {},
  })
  const stopping = crew.stopAll()
  // It dies while we do not look: that it is gone is seen before its exit is heard of.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  await stopping
  rmSync(home, { recursive: true })
  const before = changes.length
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(changes).toHaveLength(before)
  expect(existsSync(home)).toBe(false)
})
