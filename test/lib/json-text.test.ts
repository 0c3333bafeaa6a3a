import { keyFaults } from '../../lib/json-text.ts'

const faults = (text: string) => {
  JSON.parse(text)
  return keyFaults(text).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test.each([
  '{}',
  '[]',
  'null',
  '"a"',
  '12',
  '[{"a":1},{"a":1}]',
  '{"a":{"a":{"a":["a","a","a:",{"a":":"}]}}}',
  '{"a":"b","b":"a"}',
  '{ "a" : 1 , "A" : 2 }',
  '{"a\\"":1,"a":"\\\\","b":"\\"a\\":"}',
  '{"":1}',
  '{"x":"__proto__"}',
])('%s says everything once', (text) => {
  expect(faults(text)).toEqual([])
})

test.each([
  ['{"a":1,"a":1}', 'a: a is there twice'],
  ['{"a":1,"\\u0061":2}', 'a: a is there twice'],
  ['{"":1,"":2}', ':  is there twice'],
  ['{"b":[0,{"c":{"d":[],"e":"}","d" \n:1}}]}', 'b.1.c.d: d is there twice'],
  ['{"__proto__":1}', '__proto__: __proto__ is not a name that a field may have'],
  ['[{},{"constructor":1}]', '1.constructor: constructor is not a name that a field may have'],
  ['{"\\u005f_proto__":1}', '__proto__: __proto__ is not a name that a field may have'],
])('%s is found out', (text, finding) => {
  expect(faults(text)).toEqual([finding])
})

test('of a list each item is told once, of an object the first fault', () => {
  const twice = '{"a":1,"a":2,"b":1,"b":2}'
  expect(faults(`[${twice},{},${twice}]`)).toEqual([
    '0.a: a is there twice',
    '2.a: a is there twice',
  ])
  expect(faults(`{"x":${twice},"y":${twice}}`)).toEqual(['x.a: a is there twice'])
})

const attacks: [name: string, text: string][] = [
  ['a depth of 400,000', `${'['.repeat(400_000)}${']'.repeat(400_000)}`],
  ['objects in a depth of 100,000', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['a hundred thousand keys', `{${Array.from({ length: 100_000 }, (_, i) => `"${i}":0`)}}`],
  ['a string of a million characters', `{"a":"${'x'.repeat(1_000_000)}"}`],
  ['a string of backslashes', `{"a":"${'\\'.repeat(1_000_000)}"}`],
  ['a string of escaped quotes', `{"a":"${'\\"'.repeat(500_000)}"}`],
  ['a million spaces after strings', `["a"${`,"a"${' '.repeat(1000)}`.repeat(1000)}]`],
]

test.each(attacks)('%s takes no longer than its length', (_name, text) => {
  const before = process.cpuUsage()
  keyFaults(text)
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(300)
})
