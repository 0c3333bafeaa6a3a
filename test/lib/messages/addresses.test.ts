import type { LookupAddress, LookupOptions } from 'node:dns'
import type { Message } from '../../../lib/messages/channel.ts'
import { isPublicAddress } from '../../../lib/messages/channels/public-address.ts'
import { publicLookup } from '../../../lib/messages/channels/resolve.ts'
import { whyRefused, whyRefusedBySlack } from '../../../lib/messages/channels/web-address.ts'
import { sendWebhook } from '../../../lib/messages/channels/webhook.ts'
import { newWebhookSecret } from '../../../lib/messages/contact-point.ts'
import { startSink } from '../../support/sink.ts'

const secret = newWebhookSecret()
const never = new AbortController().signal
const rendered = { kind: 'webhook' as const, type: 'alert.firing', data: {} }
const message: Message = { id: 'm-1', dedupeKey: 'k-1', createdAt: new Date(), rendered }

const sendTo = (url: string, resolve: () => Promise<LookupAddress[]>, allowed: string[] = []) =>
  sendWebhook({ kind: 'webhook', url, secret }, message, rendered, never, {
    allowed,
    resolve,
    timeoutMs: 1000,
  })

// Of the internet's part, and nobody's: https://www.iana.org/assignments/ipv6-unicast-address-assignments
const unassigned = '2d00::1'

const leadsTo =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

const shut = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.9.9.9'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1'],
  ...['192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1'],
  ...['64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '2002:a9fe:a9fe::1'],
  ...['3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
  ...['ff02::1', '2600::1%eth0', 'localhost', '127.1', ''],
]
const open = ['1.1.1.1', '8.8.8.8', '100.128.0.1', '172.32.0.1', '2606:4700:4700::1111', '2600::1']

test.each(shut)('the address %p is not of the internet', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(open)('the address %p is of the internet', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

const tricks = [
  ...['https://127.0.0.1/', 'https://169.254.169.254/latest/meta-data/', 'https://[::1]/'],
  ...['https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://0x7f.1/'],
  ...['https://0x7f000001/', 'https://2130706433/', 'https://017700000001/', 'https://0177.0.0.1/'],
  ...[
    'https://127.1/',
    'https://127.0.0.1./',
    'https://0/',
    'https://[::]/',
    'https://[64:ff9b::a9fe:a9fe]/',
  ],
  ...[
    'https://[2002:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
  ],
  ...[
    'https://100.100.100.200/',
    'https://224.0.0.1/',
    'https://１２７.０.０.１/',
    'https://①②⑦.0.0.1/',
  ],
  ...['https://localhost/', 'https://LOCALHOST./', 'https://a.localhost/', 'https://postgres/'],
  ...['https://metadata.google.internal/', 'https://printer.local/', 'https://router.lan/'],
  ...['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/'],
  ...['javascript:alert(1)', 'https://user:pass@example.com/', 'https://user@example.com/'],
  ...['https://example.com:22/', 'https://example.com:80/', 'https://example.com:1023/'],
  ...['https://example.com\\@127.0.0.1/', 'https://exa mple.com/', 'https://example.com/\r\nX: 1'],
  ...['https://', 'example.com', '//example.com/', ''],
]

test.each(tricks)(
  '%p is refused by its text, when it is made and when it is sent to',
  async (url) => {
    expect(whyRefused(url, [])).toEqual(expect.any(String))
    let asked = 0
    const outcome = await sendTo(url, async () => {
      asked += 1
      return []
    })
    expect(outcome).toMatchObject({ ok: false, isPassing: false })
    expect(asked).toBe(0)
  },
)

test.each([
  'https://example.com/',
  'https://example.com:443/a?b=c',
  'https://hooks.example.com:8443/turnout',
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]/',
  'https://münchen.example/',
])('%p is not refused by its text', (url) => {
  expect(whyRefused(url, [])).toBeNull()
})

test('what the configuration excepts may be local, and by http; its neighbours may not', () => {
  const allowed = ['127.0.0.1:8080', 'localhost']
  expect(whyRefused('http://127.0.0.1:8080/', allowed)).toBeNull()
  expect(whyRefused('http://localhost:99/', allowed)).toBeNull()
  expect(whyRefused('http://127.0.0.1:8081/', allowed)).not.toBeNull()
  expect(whyRefused('http://user@127.0.0.1:8080/', allowed)).not.toBeNull()
  expect(whyRefused('ftp://localhost/', allowed)).not.toBeNull()
})

test('Slack is one host and one path', () => {
  const path = 'services/T000/B000/XXXX'
  expect(whyRefusedBySlack(`https://hooks.slack.com/${path}`, [])).toBeNull()
  const others = [
    ...[`http://hooks.slack.com/${path}`, `https://hooks.slack.com.evil.example/${path}`],
    ...[`https://evil.example/${path}`, `https://hooks.slack.com:8443/${path}`],
    ...[`https://a@hooks.slack.com/${path}`, 'https://hooks.slack.com/services/../api/x'],
    ...['https://hooks.slack.com/', '', `https://127.0.0.1/${path}`],
  ]
  expect(others.filter((url) => whyRefusedBySlack(url, []) === null)).toEqual([])
  expect(whyRefusedBySlack('http://127.0.0.1:8080/x', ['127.0.0.1:8080'])).toBeNull()
})

test.each([
  ['127.0.0.1'],
  ['169.254.169.254'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  ['64:ff9b::7f00:1'],
  ['1.1.1.1', '10.0.0.1'],
])('a name that leads to %p is connected to nowhere', async (...addresses) => {
  const sink = await startSink((response) => response.end())
  const outcome = await sendTo(`https://trap.example.com:${sink.port}/`, leadsTo(...addresses))
  expect(outcome).toEqual({
    ok: false,
    isPassing: false,
    reason: expect.stringContaining('not of'),
  })
  expect(sink.state.connections).toBe(0)
  sink.close()
})

test('a name that leads elsewhere the next moment is connected to where it led when judged', async () => {
  const sink = await startSink((response) => response.end())
  let asked = 0
  // The first answer passes; whoever asked again before connecting would be led to the sink.
  const rebinds = async () => {
    asked += 1
    return [{ address: asked === 1 ? unassigned : '127.0.0.1', family: asked === 1 ? 6 : 4 }]
  }
  const outcome = await sendTo(`https://rebinds.example.com:${sink.port}/`, rebinds)
  expect(outcome).toMatchObject({ ok: false, isPassing: true })
  expect(asked).toBe(1)
  // The second message is judged anew, on a connection of its own.
  const second = await sendTo(`https://rebinds.example.com:${sink.port}/`, rebinds)
  expect(second).toMatchObject({ ok: false, isPassing: false })
  expect(asked).toBe(2)
  expect(sink.state.connections).toBe(0)
  sink.close()
})

test('what was judged is what is handed over to be connected to, and nothing besides', async () => {
  const lookup = publicLookup(leadsTo('1.1.1.1', '2606:4700:4700::1111'))
  const handed = (options: LookupOptions) =>
    new Promise((resolve) => {
      lookup('some.example.com', options, (...given) => resolve(given))
    })
  const [four, six] = [
    { address: '1.1.1.1', family: 4 },
    { address: '2606:4700:4700::1111', family: 6 },
  ]
  expect(await handed({ all: true })).toEqual([null, [four, six]])
  expect(await handed({ all: true, family: 6 })).toEqual([null, [six]])
  expect(await handed({})).toEqual([null, '1.1.1.1', 4])
  expect(await handed({ family: 6 })).toEqual([null, '2606:4700:4700::1111', 6])
})

test('a name without an address may have one later', async () => {
  const none = await sendTo('https://nobody.example.com/', async () => [])
  expect(none).toMatchObject({
    ok: false,
    isPassing: true,
    reason: expect.stringMatching('ENOTFOUND'),
  })
  const failed = await sendTo('https://nobody.example.com/', async () => {
    throw Object.assign(new Error('no'), { code: 'ESERVFAIL' })
  })
  expect(failed).toMatchObject({ ok: false, isPassing: true })
})
