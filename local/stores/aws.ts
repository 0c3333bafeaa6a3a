import { chmodSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Aws } from '../aws-resources.ts'
import type { Member } from '../processes/crew.ts'
import { waitForPort } from '../processes/ports.ts'

/** Where SQS and S3 answer locally. The emulator knows one key pair and holds nothing secret. */
export const localAws = (port: number): Aws => ({
  endpoint: `http://127.0.0.1:${port}`,
  region: 'us-east-1',
  accessKeyId: 'turnout-local',
  secretAccessKey: 'turnout-local-secret',
})

/** SQS and S3; `folder` keeps messages and objects, without one they are in memory. */
export function awsServer(
  aws: Aws,
  port: number,
  folder: string | undefined,
  ensureResources: () => Promise<void>,
): Member {
  if (folder) {
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o700)
  }
  return {
    name: 'aws',
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      path.join(import.meta.dirname, '../aws/server.ts'),
      String(port),
      ...(folder ? [folder] : []),
    ],
    options: {
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: aws.accessKeyId,
        AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
      },
    },
    ready: async () => {
      await waitForPort(port)
      await ensureResources()
    },
  }
}
