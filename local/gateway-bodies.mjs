/**
 * node --import local/gateway-bodies.mjs: makes the offline gateway treat requests and answers as
 * the gateway of AWS does. Each change looks for the text that it replaces, and says so when a new
 * version of serverless-offline has another.
 */
import { registerHooks } from 'node:module'

const changes = {
  // Bodies that are packed, or are no text at all, reach functions as bytes in base64. The offline
  // gateway knows binary bodies by their content type alone and would read them as UTF-8.
  'src/utils/index.js': [
    'const contentType = request.headers["content-type"]',
    `const bytes = request.raw.req.payload ?? request.payload
  const isText = !globalThis.Buffer.isBuffer(bytes) || isUtf8(bytes)
  if (request.headers["content-encoding"] || !isText) return "binary"
  const contentType = request.headers["content-type"]`,
    'import { isUtf8 } from "node:buffer"\n',
  ],
  // A body reaches functions as it was sent. The offline gateway parses it on the way, and what is
  // false, 0 or null then comes as a value of that kind, or not at all.
  'src/events/http/lambda-events/LambdaProxyIntegrationEventV2.js': [
    'let body = this.#request.payload',
    'let body = this.#request.rawPayload',
    '',
  ],
  // Without a CORS setting of the gateway, pages may read what functions say they may. The offline
  // gateway lets the pages of every origin read everything, with credentials.
  'src/events/http/HttpServer.js': ['if (request.headers.origin) {', 'if (false) {', ''],
}

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const file = url.split('/serverless-offline/')[1]
    const change = file && Object.hasOwn(changes, file) ? changes[file] : undefined
    if (!change) return loaded
    const source = String(loaded.source)
    const [from, to, before] = change
    if (!source.includes(from)) throw new Error(`serverless-offline has another ${file}`)
    return { ...loaded, source: before + source.replace(from, to) }
  },
})
