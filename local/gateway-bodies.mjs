/**
 * node --import local/gateway-bodies.mjs: packed bodies reach functions as bytes in base64, as the
 * gateway of AWS hands them on. The offline gateway knows binary bodies by their content type alone
 * and would read gzip as UTF-8, which destroys it.
 */
import { registerHooks } from 'node:module'

const byType = 'const contentType = request.headers["content-type"]'

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith('/serverless-offline/src/utils/index.js')) return loaded
    const source = String(loaded.source)
    if (!source.includes(byType)) throw new Error('serverless-offline detects encodings otherwise')
    const byEncoding = `if (request.headers["content-encoding"]) return "binary"\n  ${byType}`
    return { ...loaded, source: source.replace(byType, byEncoding) }
  },
})
