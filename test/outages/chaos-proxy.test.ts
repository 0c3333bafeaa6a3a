import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { type ChaosProxy, chaosProxy } from './chaos-proxy.ts'

let echo: net.Server
let proxy: ChaosProxy

beforeAll(async () => {
  echo = net.createServer((socket) => socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
})
beforeEach(async () => {
  proxy = await chaosProxy({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port })
})
afterEach(() => proxy.close())
afterAll(() => echo.close())

/** What comes back for `text`: all of it, or what came until the end, after how many ms. */
async function say(text: string, socket = net.connect(proxy.port, '127.0.0.1'), patienceMs = 500) {
  const startedAt = Date.now()
  let heard = ''
  let end = 'open'
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patienceMs)
    const stop = (how: string) => {
      end = how
      clearTimeout(timer)
      resolve()
    }
    socket.on('data', (chunk) => {
      heard += chunk
      if (heard === text) stop('heard')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => stop(error.code ?? ''))
    socket.on('close', () => stop('closed'))
    socket.write(text)
  })
  socket.removeAllListeners()
  socket.on('error', () => {})
  return { heard, end, ms: Date.now() - startedAt, socket }
}

test('in good weather what is said comes back', async () => {
  const { heard, socket } = await say('hello')
  expect(heard).toBe('hello')
  socket.destroy()
})

test('a store that is away resets what is open and refuses what is new, until it is back', async () => {
  const { socket } = await say('hello')
  await proxy.become({ kind: 'away' })
  expect((await say('are you there', socket)).end).toMatch(/ECONNRESET|EPIPE|closed/)
  expect((await say('hello')).end).toBe('ECONNREFUSED')
  await proxy.become({ kind: 'pass' })
  expect((await say('hello')).heard).toBe('hello')
})

test('a silent store takes connections and never answers, also later on those that met it', async () => {
  const { socket: known } = await say('hello')
  await proxy.become({ kind: 'silent' })
  const met = await say('are you there', known, 200)
  const made = await say('hello', undefined, 200)
  expect([met.end, met.heard, made.end, made.heard]).toEqual(['open', '', 'open', ''])
  await proxy.become({ kind: 'pass' })
  expect((await say('and now', known, 200)).heard).toBe('')
  expect((await say('and now', made.socket, 200)).heard).toBe('')
  expect((await say('hello')).heard).toBe('hello')
})

test('a slow store answers later, each answer by the same time', async () => {
  await proxy.become({ kind: 'slow', ms: 200 })
  const first = await say('hello')
  expect([first.heard, first.ms >= 195, first.ms < 400]).toEqual(['hello', true, true])
  await proxy.become({ kind: 'pass' })
  expect((await say('again', first.socket)).ms).toBeLessThan(195)
})

test('a connection is reset after so many bytes', async () => {
  await proxy.become({ kind: 'resets', afterBytes: 7 })
  const { heard, socket } = await say('hello')
  expect(heard).toBe('hello')
  const { heard: rest, end } = await say('goodbye', socket)
  expect(rest === 'go' || rest === '').toBe(true)
  expect(end).toBe('ECONNRESET')
})

test('answers trickle', async () => {
  await proxy.become({ kind: 'trickle', bytesPerSecond: 100 })
  const { heard, ms } = await say('x'.repeat(30), undefined, 2000)
  expect([heard.length, ms >= 190]).toEqual([30, true])
})
