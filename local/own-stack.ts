import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { migrate } from '../migrations/migrate.ts'
import { findFreeBase } from './processes/ports.ts'
import { type Setup, startStack } from './stack.ts'

export type OwnStack = Awaited<ReturnType<typeof startOwnStack>>

/**
 * Migrated stores for one run, on free ports. They and the folder they are in end with this
 * process, however it ends.
 */
export async function startOwnStack(setup: Pick<Setup, 'root' | 'say' | 'onLoss' | 'isCrashSafe'>) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-test-'))
  // Readable for the user that the database servers run as.
  chmodSync(home, 0o755)
  const remove = () => rmSync(home, { recursive: true, force: true })
  try {
    const portBase = await findFreeBase()
    const stack = await startStack({ ...setup, home, portBase, isKept: false })
    const stop = async () => {
      await stack.stop()
      remove()
    }
    try {
      await migrate(stack.roles.owner, stack.mongoUri)
    } catch (error) {
      await stop()
      throw error
    }
    return { ...stack, home, stop }
  } catch (error) {
    remove()
    throw error
  }
}
