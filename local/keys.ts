import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose'

export const tokenIssuer = 'https://turnout.local'
export const tokenAudience = 'turnout'

type Claims = { venues?: Record<string, string>; scope?: string; venue?: string }

/** Serves the public key of the local system at /.well-known/jwks.json. */
export async function serveJwks(home: string, port: number) {
  const { d, ...publicKey } = await readKey(home)
  const body = JSON.stringify({ keys: [publicKey] })
  const server = createServer((request, response) => {
    const isFound = request.url === '/.well-known/jwks.json'
    response.writeHead(isFound ? 200 : 404, { 'content-type': 'application/json' })
    response.end(isFound ? body : '{}')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Signs a token that the local system accepts. `expiresIn` as in `1h`. */
export async function signToken(home: string, user: string, claims: Claims, expiresIn: string) {
  const key = await readKey(home)
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: key.kid ?? '' })
    .setIssuer(tokenIssuer)
    .setAudience(tokenAudience)
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(await importJWK(key, 'ES256'))
}

async function readKey(home: string): Promise<JWK> {
  const file = path.join(home, 'keys/private.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return createKey(file)
}

async function createKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = await exportJWK(privateKey)
  const named = { ...key, kid: await calculateJwkThumbprint(key), alg: 'ES256', use: 'sig' }
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const unique = `${file}.${process.pid}`
  writeFileSync(unique, JSON.stringify(named), { mode: 0o600 })
  renameSync(unique, file)
  return named
}
