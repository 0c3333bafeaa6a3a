/** node local/package.ts: the template and the bundles, without a network, account or home. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runFramework } from './framework.ts'

// What a developer's home holds (profiles, credentials, settings) must not change the result.
const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-package-'))
const status = runFramework('package', {
  HOME: home,
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_EC2_METADATA_DISABLED: 'true',
})
rmSync(home, { recursive: true, force: true })
process.exit(status)
