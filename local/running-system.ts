import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Aws } from './aws-resources.ts'

/** What programs beside `npm start` need of its stack.json. */
export type RunningSystem = {
  http: string
  aws: Aws
  queues: { events: string }
  postgres: string
}

/** The system that `npm start` keeps running in this home; refuses, with the reason, when none is. */
export async function findRunningSystem(home: string): Promise<RunningSystem> {
  const file = path.join(home, 'stack.json')
  if (!existsSync(file)) {
    throw new Error(`No system is running: there is no ${file}. Start one with npm start.`)
  }
  const system: RunningSystem = JSON.parse(readFileSync(file, 'utf8'))
  // After a kill the file stays.
  await fetch(system.http).catch(() => {
    throw new Error(`The system of ${file} does not answer. Start it with npm start.`)
  })
  return system
}

/** Where the clients of AWS read their address and credentials. */
export const awsEnvironment = ({ endpoint, region, accessKeyId, secretAccessKey }: Aws) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
})
