import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

type Credentials = { accessKeyId: string; secretAccessKey: string }
type Fault = { code: string; message: string; status: number }

const overrides = [
  'content-disposition',
  'content-type',
  'content-encoding',
  'content-language',
  'cache-control',
  'expires',
]
const weekSeconds = 7 * 24 * 3600

/**
 * Judges a read of an object as S3 does, which the emulator does not: answers anonymous, tampered
 * and expired requests itself and returns true; otherwise prepares the headers that the address
 * asks for and returns false.
 */
export function refuseOrPrepare(
  request: IncomingMessage,
  response: ServerResponse,
  credentials: Credentials,
) {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const isObject = url.pathname.split('/').filter(Boolean).length >= 2
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead || !isObject || url.pathname.startsWith('/_fauxqs')) return false
  const fault = faultOf(request, url, credentials)
  if (fault) {
    refuse(response, fault)
    return true
  }
  overrideHeaders(response, url.searchParams)
  return false
}

function faultOf(request: IncomingMessage, url: URL, credentials: Credentials) {
  if (url.searchParams.has('X-Amz-Signature')) return presignFault(request, url, credentials)
  return request.headers.authorization ? undefined : denied('Access Denied')
}

function presignFault(request: IncomingMessage, url: URL, credentials: Credentials) {
  const query = url.searchParams
  const expiresSeconds = Number(query.get('X-Amz-Expires'))
  if (!(expiresSeconds > 0 && expiresSeconds <= weekSeconds)) {
    return { code: 'AuthorizationQueryParametersError', message: 'X-Amz-Expires', status: 400 }
  }
  const signedAt = Date.parse(
    (query.get('X-Amz-Date') ?? '').replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    ),
  )
  // Without a readable date the comparison is false, too.
  if (!(Date.now() <= signedAt + expiresSeconds * 1000)) return denied('Request has expired')
  const [accessKeyId = '', ...scope] = (query.get('X-Amz-Credential') ?? '').split('/')
  if (accessKeyId !== credentials.accessKeyId) {
    return { code: 'InvalidAccessKeyId', message: 'unknown access key', status: 403 }
  }
  const wanted = signatureOf(request, url, scope, credentials.secretAccessKey)
  if (wanted === query.get('X-Amz-Signature')) return undefined
  return { code: 'SignatureDoesNotMatch', message: 'signature mismatch', status: 403 }
}

function signatureOf(request: IncomingMessage, url: URL, scope: string[], secret: string) {
  const query = url.searchParams
  const signedHeaders = (query.get('X-Amz-SignedHeaders') ?? 'host').split(';')
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    [...query]
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...signedHeaders.map((name) => `${name}:${request.headers[name] ?? ''}`),
    '',
    signedHeaders.join(';'),
    query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
  ].join('\n')
  const text = [
    'AWS4-HMAC-SHA256',
    query.get('X-Amz-Date'),
    scope.join('/'),
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n')
  const [day = '', region = '', service = ''] = scope
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )

const denied = (message: string): Fault => ({ code: 'AccessDenied', message, status: 403 })

function refuse(response: ServerResponse, { code, message, status }: Fault) {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  )
}

function overrideHeaders(response: ServerResponse, query: URLSearchParams) {
  const wanted = overrides.flatMap((name) => {
    const value = query.get(`response-${name}`)
    return value === null ? [] : [[name, value] as const]
  })
  if (wanted.length === 0) return
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    if (status < 300) {
      const given = rest.at(-1)
      for (const [name, value] of wanted) {
        dropHeader(given, name)
        response.setHeader(name, value)
      }
    }
    return writeHead(status, ...rest)
  }) as ServerResponse['writeHead']
}

function dropHeader(headers: unknown, name: string) {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return
  const record = headers as Record<string, unknown>
  for (const key of Object.keys(record)) if (key.toLowerCase() === name) delete record[key]
}
