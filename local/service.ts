import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Member } from './processes/crew.ts'
import { type Ports, waitForPort } from './processes/ports.ts'
import { localStage } from './template.ts'

/** The functions of serverless.yml behind local gateways for HTTP and sockets. */
export function serviceMember(
  root: string,
  ports: Ports,
  environment: Record<string, string>,
): Member {
  const framework = path.join(root, 'node_modules/serverless/bin/serverless.js')
  const gateway = pathToFileURL(path.join(root, 'local/gateway-bodies.mjs')).href
  return {
    name: 'service',
    command: process.execPath,
    args: [
      ...['--disable-warning=ExperimentalWarning', '--import', gateway],
      ...[framework, 'offline', 'start'],
      // One process: 1,469 requests/s in 412 MB against 282 in 2.2 GB with worker threads.
      '--useInProcess',
      ...['--host', '127.0.0.1', '--noPrependStageInUrl', '--stage', localStage],
      ...['--httpPort', String(ports.http), '--websocketPort', String(ports.websocket)],
      ...['--lambdaPort', String(ports.lambda)],
    ],
    options: {
      cwd: root,
      env: { ...process.env, ...environment, SLS_INTERACTIVE_SETUP_ENABLE: '0' },
    },
    restart: false,
    ready: async () => {
      await Promise.all([ports.http, ports.lambda].map((port) => waitForPort(port, 180_000)))
      await waitForHealth(ports.http)
    },
  }
}

// The first request loads the bundle; after it answers nobody else has to wait for that.
async function waitForHealth(port: number) {
  const end = Date.now() + 30_000
  while (Date.now() < end) {
    const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the service does not answer GET /health after 30 s')
}
