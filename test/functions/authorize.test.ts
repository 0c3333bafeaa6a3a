import { createHmac, type webcrypto } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import { handler as authorize } from '../../functions/http/authorize.ts'
import { openConnection } from '../../lib/sockets/connect.ts'
import {
  audience,
  issuer,
  type Key,
  makeKey,
  serveKeys,
  sign,
  type Told,
} from '../support/tokens.ts'

let server: Awaited<ReturnType<typeof serveKeys>>
let key: Key
let rsa: Key
let stranger: Key
let clockMs = 0

beforeAll(async () => {
  server = await serveKeys()
  // read on first use, after this
  const settings = { JWKS_URL: server.url, TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience }
  Object.assign(process.env, settings)
  key = await makeKey('key-1')
  rsa = await makeKey('key-rsa', 'RS256')
  stranger = await makeKey('key-1')
  server.state.keys = [key.public, rsa.public]
  const now = Date.now.bind(Date)
  jest.spyOn(Date, 'now').mockImplementation(() => now() + clockMs)
})
afterAll(() => server.close())

type Answer = { isAuthorized: boolean; context: { caller: string; unavailable?: string } }

const ask = (authorization: string | undefined, header = 'authorization') =>
  authorize({ headers: { [header]: authorization } } as never) as Promise<Answer>

async function callerOf(token: string) {
  const { isAuthorized, context } = await ask(`Bearer ${token}`)
  // Always passed on: the function itself refuses, in the form of the contract.
  expect(isAuthorized).toBe(true)
  expect(context.unavailable).toBeUndefined()
  return context.caller === '' ? undefined : known(context.caller)
}

// When it ends differs from token to token; each of them ends within an hour.
function known(text: string) {
  const { expiresAt, ...caller } = JSON.parse(text)
  expect(expiresAt - Date.now()).toBeGreaterThan(-3_600_000)
  expect(expiresAt - Date.now()).toBeLessThanOrEqual(24 * 3_600_000)
  return caller
}

const viewer = { userId: 'user-1', venues: { 'v-1': 'viewer' }, ingestVenue: null, isOps: false }
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

test('a good token says who is asking', async () => {
  expect(await callerOf(await sign(key))).toEqual(viewer)
  expect(await callerOf(await sign(rsa))).toEqual(viewer)
  expect((await ask(`bearer ${await sign(key)}`, 'Authorization')).context.caller).not.toBe('')
})

const signed =
  (told: Told, by: () => Key = () => key) =>
  async () =>
    sign(by(), told)

const forged: [name: string, token: () => Promise<string>][] = [
  ['unsigned, alg none', async () => `${base64({ alg: 'none', typ: 'JWT' })}.${payload()}.`],
  ['signed by HMAC with the public key', async () => confused(JSON.stringify(key.public))],
  ['signed by HMAC with the public key as PEM', async () => confused(await pemOf(key), key)],
  ['signed by HMAC with the RSA key as PEM', async () => confused(await pemOf(rsa), rsa)],
  ['with a signature of zeros', async () => unsignedBy(key, Buffer.alloc(64))],
  ['with no signature', async () => unsignedBy(key, Buffer.alloc(0))],
  ['of ES256 under a key of RSA', signed({ header: { kid: 'key-rsa' } })],
  ['signed by HMAC with an empty secret', async () => confused('')],
  ['without exp', signed({ without: ['exp'] })],
  ['expired', signed({ claims: { exp: now() - 60 } })],
  ['not valid yet', signed({ claims: { nbf: now() + 600 } })],
  ['for another audience', signed({ claims: { aud: 'another' } })],
  ['for no audience', signed({ without: ['aud'] })],
  ['of another issuer', signed({ claims: { iss: `${issuer}/` } })],
  ['of no issuer', signed({ without: ['iss'] })],
  ['of nobody', signed({ without: ['sub'] })],
  ['under an unknown key', signed({ header: { kid: 'nobody-knows' } })],
  ['under a path as key', signed({ header: { kid: '../../../../dev/null' } })],
  ['under an address as key', async () => sign(key, { header: { kid: `${server.origin}/evil` } })],
  ['with jku', async () => sign(stranger, { header: { kid: 'x', jku: `${server.origin}/evil` } })],
  ['with x5u', async () => sign(stranger, { header: { kid: 'x', x5u: `${server.origin}/evil` } })],
  ['with jwk', async () => sign(stranger, { header: { jwk: stranger.public } })],
  ['signed by another key of the same name', signed({}, () => stranger)],
  ['tampered with', async () => (await sign(key)).replace(/\.[^.]+\./, `.${payload()}.`)],
  ['with a signature cut short', async () => (await sign(key)).slice(0, -8)],
  ['of another type', signed({ header: { typ: 'at+jwt' } })],
  ['of no type', signed({ header: { typ: undefined } })],
  ['with a critical header that we do not know', async () => critical()],
  ['of 100 kB', signed({ claims: { padding: 'x'.repeat(100_000) } })],
  ['encrypted instead of signed', async () => 'a.b.c.d.e'],
  ['no token at all', async () => 'nonsense'],
]

function payload() {
  const claims = { iss: issuer, aud: audience, sub: 'user-1', exp: now() + 600 }
  return base64({ ...claims, venues: { 'v-1': 'owner' } })
}

const pemOf = async ({ public: jwk, alg }: Key) =>
  exportSPKI((await importJWK(jwk, alg)) as webcrypto.CryptoKey)

const unsignedBy = ({ alg, kid }: Key, signature: Buffer) =>
  `${base64({ alg, typ: 'JWT', kid })}.${payload()}.${signature.toString('base64url')}`

function confused(secret: string, { kid } = key) {
  const text = `${base64({ alg: 'HS256', typ: 'JWT', kid })}.${payload()}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

async function critical() {
  const [, body, signature] = (await sign(key)).split('.')
  return `${base64({ alg: 'ES256', typ: 'JWT', kid: 'key-1', crit: ['x'], x: 1 })}.${body}.${signature}`
}

test.each(forged)('a token %s is nobody’s', async (_name, make) => {
  const token = await make()
  expect(await callerOf(token)).toBeUndefined()
  const headers = { 'Sec-WebSocket-Protocol': `bearer, ${token}` }
  expect(await openConnection('c-1', { headers, ticket: undefined })).toBe(401)
  expect(server.state.others).toBe(0)
})

test.each(['ES384', 'PS256', 'RS512', 'EdDSA'])(
  'a key of %s is not one of ours, even when it is served',
  async (alg) => {
    const other = await makeKey(`key-${alg}`, alg)
    server.state.keys = [key.public, rsa.public, other.public]
    clockMs += 31_000
    expect(await callerOf(await sign(other))).toBeUndefined()
    expect(await callerOf(await sign(key))).toEqual(viewer)
  },
)

test('the header holds one token, as a bearer', async () => {
  const token = await sign(key)
  const odd = [undefined, '', 'Bearer', `Basic ${token}`, token, `Bearer ${token} ${token}`]
  for (const header of [...odd, `Bearer ${token}, Bearer ${token}`, `Bearer\t${token}`]) {
    expect([header, (await ask(header)).context.caller]).toEqual([header, ''])
  }
  expect((await authorize({} as never)).context.caller).toBe('')
})

const badClaims: [name: string, claims: Record<string, unknown>][] = [
  ['venues in a list', { venues: ['v-1'] }],
  ['venues in text', { venues: 'v-1' }],
  ['a role nobody has', { venues: { 'v-1': 'admin' } }],
  ['a role in a list', { venues: { 'v-1': ['viewer'] } }],
  ['a venue that can be none', { venues: { '../v-1': 'viewer' } }],
  ['a venue of 65 characters', { venues: { ['v'.repeat(65)]: 'viewer' } }],
  ['an unknown scope', { scope: 'admin' }],
  ['a write key without its venue', { scope: 'ingest' }],
  ['a write key of an odd venue', { scope: 'ingest', venue: 'v/1' }],
  ['a write key of two venues', { scope: 'ingest', venue: ['v-1', 'v-2'] }],
  ['an empty user', { sub: '' }],
  ['a user that is a number', { sub: 7 }],
  ['exp as text', { exp: 'tomorrow' }],
  ['exp null', { exp: null }],
  ['another audience in a list', { aud: ['another'] }],
  ['an issuer in a list', { iss: [issuer] }],
  ['nbf as text', { nbf: 'now' }],
]

test.each(badClaims)('a token with %s is nobody’s', async (_name, claims) => {
  expect(await callerOf(await sign(key, { claims }))).toBeUndefined()
})

test('a token without venues is good and names none', async () => {
  const nothing = { userId: 'user-1', venues: {}, ingestVenue: null, isOps: false }
  expect(await callerOf(await sign(key, { claims: { venues: {} } }))).toEqual(nothing)
  expect(await callerOf(await sign(key, { without: ['venues'] }))).toEqual(nothing)
})

test('a write key and an operations token may do that alone, whatever else they claim', async () => {
  const ingest = { scope: 'ingest', venue: 'v-1', venues: { 'v-2': 'owner' } }
  expect(await callerOf(await sign(key, { claims: ingest }))).toEqual({
    ...viewer,
    venues: {},
    ingestVenue: 'v-1',
  })
  const ops = { scope: 'ops', venue: 'v-1', venues: { 'v-2': 'owner' } }
  const operator = { ...viewer, venues: {}, isOps: true }
  expect(await callerOf(await sign(key, { claims: ops }))).toEqual(operator)
})

test('names of Object.prototype in claims grant nothing', async () => {
  const token = await sign(key, { claims: JSON.parse('{"venues":{"constructor":"viewer"}}') })
  const caller = await callerOf(token)
  expect(Object.keys(caller.venues)).toEqual(['constructor'])
  expect(
    await callerOf(await sign(key, { claims: JSON.parse('{"__proto__":{"scope":"ops"}}') })),
  ).toEqual(viewer)
})

test('a new key is known after the cooldown, with one question in thirty seconds', async () => {
  clockMs += 31_000
  await callerOf(await sign(key, { header: { kid: 'unknown-1' } })) // asks, and starts the cooldown
  const next = await makeKey('key-2')
  server.state.keys = [key.public, next.public]
  const before = server.state.asked
  for (let i = 0; i < 20; i += 1) expect(await callerOf(await sign(next))).toBeUndefined()
  expect(server.state.asked).toBe(before)
  clockMs += 31_000
  const together = await Promise.all(
    Array.from({ length: 20 }, async () => callerOf(await sign(next))),
  )
  expect(together).toEqual(Array.from({ length: 20 }, () => viewer))
  expect(server.state.asked).toBe(before + 1)
  expect(await callerOf(await sign(key))).toEqual(viewer)
})

test('a key that was taken away is refused once the keys are read again', async () => {
  const gone = await makeKey('key-gone')
  server.state.keys = [key.public, gone.public]
  clockMs += 31_000
  expect(await callerOf(await sign(gone))).toEqual(viewer)
  server.state.keys = [key.public]
  clockMs += 11 * 60_000
  expect(await callerOf(await sign(gone))).toBeUndefined()
})

describe('while the server of the keys is away', () => {
  beforeAll(() => {
    server.state.isAway = true
  })
  afterAll(() => {
    server.state.isAway = false
  })

  test('a known key still opens', async () => {
    clockMs += 31_000
    expect(await callerOf(await sign(key))).toEqual(viewer)
  })

  test('a token under an unknown key is nobody’s yet: unavailable, not refused', async () => {
    const { isAuthorized, context } = await ask(`Bearer ${await sign(await makeKey('key-3'))}`)
    expect({ isAuthorized, context }).toEqual({
      isAuthorized: true,
      context: { caller: '', unavailable: 'keys' },
    })
  })

  test('an outage longer than the cache still lets known keys open', async () => {
    clockMs += 11 * 60_000
    const { context } = await ask(`Bearer ${await sign(key)}`)
    expect(context.unavailable).toBeUndefined()
    expect(known(context.caller)).toEqual(viewer)
  })
})
