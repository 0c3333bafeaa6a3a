import { spawn } from 'node:child_process'
import { findFreeBase, portsFrom } from '../../local/processes/ports.ts'
import { serviceMember } from '../../local/service.ts'
import { audience, issuer, type Key, makeKey, serveKeys, sign } from './tokens.ts'

/** The service behind its local gateway, in a process of its own, on the tests' stores. */
export async function startGateway(env: Record<string, string>) {
  const keys = await serveKeys()
  const key: Key = await makeKey('key-1')
  keys.state.keys = [key.public]
  const tokens = { JWKS_URL: keys.url, TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience }
  const ports = portsFrom(await findFreeBase())
  const address = { WEBSOCKET_ENDPOINT: `http://127.0.0.1:${ports.websocket}` }
  const member = serviceMember(process.cwd(), ports, { ...tokens, ...address, ...env })
  const child = spawn(member.command, member.args, {
    ...member.options,
    stdio: process.env.TURNOUT_TEST_LOG ? 'inherit' : 'ignore',
  })
  const stop = () => {
    child.kill('SIGKILL')
    keys.close()
  }
  try {
    await member.ready?.()
  } catch (error) {
    stop()
    throw error
  }
  return {
    url: `http://127.0.0.1:${ports.http}`,
    port: ports.http,
    ports,
    tokenFor: (venueId: string, role = 'manager', sub = 'user-1') =>
      sign(key, { claims: { sub, venues: { [venueId]: role } } }),
    tokenOf: (claims: Record<string, unknown>) => sign(key, { claims }),
    stop,
  }
}
