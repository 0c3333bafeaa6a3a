import { Redis } from 'ioredis'
import RedisMock from 'ioredis-mock'

export type Reply = unknown
export type Command = unknown[]
export type Backend = {
  run: (command: Command) => Promise<Reply>
  /** All or nothing; one entry of `{ error }` or `{ result }` for each command. */
  transaction: (commands: Command[]) => Promise<{ error?: string; result?: Reply }[]>
  subscriber: () => Redis
}

type Method = (...args: string[]) => Promise<Reply>
type Results = [Error | null, unknown][]

/** Commands against a real Redis. */
export function redisBackend(url: string): Backend {
  const connect = () => new Redis(url, { maxRetriesPerRequest: 1 })
  const client = connect()
  client.on('error', () => {})
  return {
    run: async (command) => {
      const [name, ...args] = words(command)
      return flat(await client.call(name, ...args))
    },
    transaction: async (commands) => {
      const multi = client.multi()
      for (const command of commands) {
        const [name, ...args] = words(command)
        multi.call(name, ...args)
      }
      return outcomes(await multi.exec())
    },
    subscriber: connect,
  }
}

/** Commands against an imitation in memory: the last resort, and not all of Redis. */
export function mockBackend(): Backend {
  const client = new RedisMock()
  const methodOf = (target: unknown, name: string) => {
    const method = (target as Record<string, Method | undefined>)[name.toLowerCase()]
    if (!method) throw new Error(`ERR unknown command '${name}'`)
    return method
  }
  return {
    run: async (command) => {
      const [name, ...args] = words(command)
      return flat(await methodOf(client, name).apply(client, upperCaseOptions(name, args)))
    },
    transaction: async (commands) => {
      const multi = client.multi()
      for (const command of commands) {
        const [name, ...args] = words(command)
        methodOf(multi, name).apply(multi, upperCaseOptions(name, args))
      }
      return outcomes(await multi.exec())
    },
    subscriber: () => client.duplicate(),
  }
}

const words = (command: Command) =>
  command.map((each) =>
    typeof each === 'object' && each !== null ? JSON.stringify(each) : String(each),
  ) as [string, ...string[]]

// Maps come back as objects here and as flat lists over the wire.
const flat = (reply: Reply): Reply =>
  reply && typeof reply === 'object' && !Array.isArray(reply) && !Buffer.isBuffer(reply)
    ? Object.entries(reply).flat()
    : reply

const outcomes = (results: Results | null) => {
  if (!results) throw new Error('EXECABORT Transaction discarded because of previous errors.')
  return results.map(([error, value]) =>
    error ? { error: error.message } : { result: flat(value) },
  )
}

const firstOption: Record<string, number> = {
  set: 2,
  zadd: 1,
  zrange: 3,
  expire: 2,
  pexpire: 2,
  getex: 1,
  scan: 1,
  hscan: 2,
  sscan: 2,
  zscan: 2,
}
const optionNames =
  /^(nx|xx|ex|px|exat|pxat|get|keepttl|gt|lt|ch|incr|byscore|bylex|rev|limit|withscores|match|count|persist|type)$/i

// The imitation ignores options in lower case without a word: `set … nx` would always succeed.
function upperCaseOptions(name: string, args: string[]) {
  const from = firstOption[name.toLowerCase()]
  if (from === undefined) return args
  const isPattern = (i: number) => /^(match|count)$/i.test(args[i - 1] ?? '') && i > from
  return args.map((arg, i) =>
    i >= from && !isPattern(i) && optionNames.test(arg) ? arg.toUpperCase() : arg,
  )
}
