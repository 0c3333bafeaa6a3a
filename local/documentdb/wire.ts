import net from 'node:net'
import { BSON, type Document } from 'mongodb'

export type Sequences = Record<string, Buffer[]>
export type Connection = { id: number }
/** A command as it came and the document sequences beside it. */
export type Message = { body: Buffer; sequences: Sequences; connection: Connection }
export type Handler = (message: Message) => Promise<Document | Buffer>

/** An error with the code a driver switches on. */
export class CommandError extends Error {
  readonly code: number
  readonly codeName: string
  readonly labels: string[]

  constructor(code: number, codeName: string, message: string, labels: string[] = []) {
    super(message)
    this.code = code
    this.codeName = codeName
    this.labels = labels
  }
}

const opReply = 1
const opQuery = 2004
const opMessage = 2013
const checksumPresent = 1
const moreToCome = 2
const maxMessageBytes = 48_000_100

let lastConnectionId = 0
let lastReplyId = 0

/** Serves the MongoDB wire protocol (OP_MSG, and OP_QUERY for the first hello) on loopback. */
export function serveWire(port: number, handle: Handler) {
  const server = net.createServer((socket) => {
    socket.setNoDelay(true)
    const connection = { id: ++lastConnectionId }
    let unread: Buffer = Buffer.alloc(0)
    let queue = Promise.resolve()
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      unread = unread.length > 0 ? Buffer.concat([unread, data]) : data
      while (unread.length >= 4) {
        const size = unread.readInt32LE(0)
        if (size < 16 || size > maxMessageBytes) return socket.destroy()
        if (unread.length < size) return
        const message = unread.subarray(0, size)
        unread = unread.subarray(size)
        queue = queue
          .then(() => answer(message, connection, socket, handle))
          .catch((error: Error) => {
            console.error(error)
            socket.destroy()
          })
      }
    })
  })
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

async function answer(
  message: Buffer,
  connection: Connection,
  socket: net.Socket,
  handle: Handler,
) {
  const id = message.readInt32LE(4)
  const operation = message.readInt32LE(12)
  if (operation === opMessage) {
    const { flags, body, sequences } = parseMessage(message)
    const reply = await replyTo({ body, sequences, connection }, handle)
    if (!(flags & moreToCome)) socket.write(frame(opMessage, id, Buffer.alloc(5), reply))
    return
  }
  if (operation !== opQuery) {
    socket.destroy()
    return
  }
  const rest = message.subarray(message.indexOf(0, 20) + 9)
  const body = rest.subarray(0, rest.readInt32LE(0))
  const reply = await replyTo({ body, sequences: {}, connection }, handle)
  const head = Buffer.alloc(20)
  head.writeInt32LE(8, 0)
  head.writeInt32LE(1, 16)
  socket.write(frame(opReply, id, head, reply))
}

async function replyTo(message: Message, handle: Handler) {
  try {
    const reply = await handle(message)
    return Buffer.isBuffer(reply) ? reply : encode(reply)
  } catch (error) {
    return encode(errorDocument(error as Error))
  }
}

function errorDocument(error: Error) {
  if (error instanceof CommandError) {
    const { code, codeName, message, labels } = error
    const errorLabels = labels.length > 0 ? { errorLabels: labels } : {}
    return { ok: 0, errmsg: message, code, codeName, ...errorLabels }
  }
  console.error(error)
  return { ok: 0, errmsg: error.message, code: 1, codeName: 'InternalError' }
}

const encode = (document: Document) =>
  Buffer.from(BSON.serialize(document, { ignoreUndefined: true }))

function parseMessage(message: Buffer) {
  const flags = message.readUInt32LE(16)
  const end = message.length - (flags & checksumPresent ? 4 : 0)
  const sequences: Sequences = {}
  let body: Buffer = Buffer.alloc(0)
  for (let at = 20; at < end; ) {
    const kind = message.readUInt8(at)
    const size = message.readInt32LE(at + 1)
    const section = message.subarray(at + 1, at + 1 + size)
    if (kind === 0) body = section
    else {
      const nameEnd = section.indexOf(0, 4)
      sequences[section.toString('utf8', 4, nameEnd)] = documents(section.subarray(nameEnd + 1))
    }
    at += 1 + size
  }
  return { flags, body, sequences }
}

function documents(bytes: Buffer) {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readInt32LE(at)
    found.push(bytes.subarray(at, at + size))
    at += size
  }
  return found
}

function frame(operation: number, responseTo: number, ...parts: Buffer[]) {
  const head = Buffer.alloc(16)
  head.writeInt32LE(16 + parts.reduce((sum, part) => sum + part.length, 0), 0)
  head.writeInt32LE(++lastReplyId & 0x7fffffff, 4)
  head.writeInt32LE(responseTo, 8)
  head.writeInt32LE(operation, 12)
  return Buffer.concat([head, ...parts])
}
