/** node local/deploy.ts: deploys with the credentials of the environment. */
import { runFramework } from './framework.ts'

process.exit(runFramework('deploy'))
