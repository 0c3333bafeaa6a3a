import { breaker } from '../../lib/breaker.ts'

let now = 0
let lines: string[] = []

beforeEach(() => {
  lines = []
  jest.spyOn(performance, 'now').mockImplementation(() => now)
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
})

afterEach(() => {
  jest.restoreAllMocks()
})

const never = () => new Promise<never>(() => {})
const fails = () => Promise.reject(new Error('away'))

test('work that is done in time passes with its value', async () => {
  const spared = breaker('redis', 50, 'waits')
  expect(await spared(async () => 7)).toEqual({ value: 7 })
  expect(await spared(async () => undefined)).toEqual({ value: undefined })
  expect(lines).toEqual([])
})

test.each([
  ['fails', fails, 'away'],
  ['never answers', never, 'no answer within 50 ms'],
])(
  'a store that %s rests for five seconds, is told once, and is tried again',
  async (_, work, why) => {
    const spared = breaker('mongo', 50, 'copies wait')
    expect(await spared(work)).toBeNull()
    const asked = jest.fn(async () => 1)
    now += 4999
    expect(await spared(asked)).toBeNull()
    expect(asked).not.toHaveBeenCalled()
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: 'copies wait', store: 'mongo' })
    expect(lines[0]).toContain(why)
    now += 1
    expect(await spared(asked)).toEqual({ value: 1 })
  },
)

test('one store at rest leaves another alone', async () => {
  await breaker('mongo', 50, 'waits')(fails)
  expect(await breaker('redis', 50, 'waits')(async () => 1)).toEqual({ value: 1 })
})
