import type { webcrypto } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export type Key = { kid: string; alg: string; private: webcrypto.CryptoKey; public: JWK }

export const issuer = 'https://issuer.test'
export const audience = 'turnout-test'

/** A key pair under a name. */
export async function makeKey(kid: string, alg = 'ES256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, private: privateKey, public: { ...(await exportJWK(publicKey)), kid, alg } }
}

/** A server of keys that can be changed, and taken away. */
export async function serveKeys() {
  const state = { keys: [] as JWK[], isAway: false, asked: 0, others: 0 }
  const server = createServer((request, response) => {
    if (request.url !== '/jwks.json') state.others += 1
    else state.asked += 1
    if (state.isAway) return response.destroy()
    response.writeHead(200, { 'content-type': 'application/json' })
    return response.end(JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    state,
    origin,
    url: `${origin}/jwks.json`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type Told = {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  /** Claims to leave out. */
  without?: string[]
}

/** A token that is good unless it is told otherwise. */
export function sign(key: Key, { claims = {}, header = {}, without = [] }: Told = {}) {
  const now = Math.floor(Date.now() / 1000)
  const good = {
    iss: issuer,
    aud: audience,
    sub: 'user-1',
    iat: now,
    exp: now + 3600,
    venues: { 'v-1': 'viewer' },
  }
  const kept = Object.entries({ ...good, ...claims }).filter(([name]) => !without.includes(name))
  return new SignJWT(Object.fromEntries(kept))
    .setProtectedHeader({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header })
    .sign(key.private)
}
