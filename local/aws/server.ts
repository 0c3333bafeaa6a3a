/**
 * node aws/server.ts PORT [FOLDER]: SQS and S3 on loopback, kept in FOLDER or, without one, in
 * memory. The key pair comes as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
 */
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { startFauxqs } from 'fauxqs'
import { refuseOrPrepare } from './presigned.ts'

const [port, folder] = process.argv.slice(2)
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '',
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '',
}

stayOnLoopback()
guardReads()
await takeEveryPlane()
const server = await startFauxqs({
  port: Number(port),
  logger: false,
  ...(folder && { dataDir: folder, s3StorageDir: path.join(folder, 's3') }),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    await server.stop()
    process.exit(0)
  })
}

// SQS takes characters beyond the basic plane, an emoji for one; the emulator's pattern does not.
async function takeEveryPlane() {
  const types = path.join(path.dirname(import.meta.resolve('fauxqs')), 'sqs/sqsTypes.js')
  const { INVALID_MESSAGE_BODY_CHAR: invalid } = (await import(types)) as {
    INVALID_MESSAGE_BODY_CHAR: RegExp
  }
  invalid.compile('[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]', 'u')
}

// The emulator binds 0.0.0.0 by a constant; its option `host` is a name in addresses only.
function stayOnLoopback() {
  const listen = net.Server.prototype.listen as (...args: unknown[]) => net.Server
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    const [first, ...rest] = args
    if (typeof first !== 'object' || first === null) return listen.apply(this, args)
    return listen.apply(this, [{ ...first, host: '127.0.0.1' }, ...rest])
  } as typeof net.Server.prototype.listen
}

function guardReads() {
  const emit = http.Server.prototype.emit as (...args: unknown[]) => boolean
  http.Server.prototype.emit = function (this: http.Server, event: string, ...args: unknown[]) {
    const [request, response] = args as [http.IncomingMessage, http.ServerResponse]
    if (event === 'request' && refuseOrPrepare(request, response, credentials)) return true
    return emit.call(this, event, ...args)
  }
}
