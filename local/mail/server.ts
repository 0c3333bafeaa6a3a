/**
 * node mail/server.ts PORT: takes what the service sends as SES, as SNS and as a receiver of
 * webhooks (/hooks/…) would, keeps the last 200 messages in memory and shows them.
 *
 *   /               all messages as a page
 *   /messages       the same as JSON; ?to=… for one receiver; DELETE forgets them
 *
 * Addresses that begin with `throttled@` and `rejected@` are answered as SES would then.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import * as z from 'zod'
import { createInbox } from './kept.ts'
import { listPage, messagePage } from './pages.ts'

const port = Number(process.argv[2])
const mostBytes = 1_000_000
const inbox = createInbox()
// Pages show what others wrote: nothing of it runs, loads or is framed elsewhere.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
const letterPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"

createServer((request, response) => {
  answer(request, response).catch((error: Error) => {
    sendJson(response, 400, { __type: 'BadRequestException', message: error.message })
  })
}).listen(port, '127.0.0.1')

async function answer(request: IncomingMessage, response: ServerResponse) {
  // A page of elsewhere whose name leads here reads nothing.
  const host = request.headers.host?.replace(/:\d+$/, '')
  if (host !== '127.0.0.1' && host !== 'localhost') return sendJson(response, 421, {})
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (request.method === 'POST') {
    const body = await readBody(request)
    if (pathname === '/v2/email/outbound-emails') return takeEmail(response, body)
    if (pathname === '/') return takePublish(response, body)
    if (pathname.startsWith('/hooks/')) return takeHook(request, response, pathname, body)
  }
  if (request.method === 'DELETE' && pathname === '/messages') {
    inbox.clear()
    return sendJson(response, 200, {})
  }
  if (request.method === 'GET') return show(response, pathname, searchParams.get('to'))
  sendJson(response, 404, {})
}

function show(response: ServerResponse, pathname: string, to: string | null) {
  if (pathname === '/') return sendHtml(response, listPage(inbox.list(null)), pagePolicy)
  if (pathname === '/messages') return sendJson(response, 200, { items: inbox.list(to) })
  const [, id = '', view] = /^\/messages\/([^/]+)(?:\/(page|html))?$/.exec(pathname) ?? []
  const message = inbox.find(id)
  if (!message) return sendJson(response, 404, {})
  if (view === 'page') return sendHtml(response, messagePage(message), pagePolicy)
  if (view === 'html') return sendHtml(response, message.html ?? '', letterPolicy)
  sendJson(response, 200, message)
}

const Part = z.object({ Data: z.string() })
const Email = z.object({
  FromEmailAddress: z.string().min(1),
  Destination: z.object({ ToAddresses: z.array(z.string().regex(/^[^\s@]+@[^\s@]+$/)).length(1) }),
  Content: z.object({
    Simple: z.object({
      Subject: z.object({ Data: z.string().regex(/^[^\r\n]*$/) }),
      Body: z.object({ Html: Part, Text: Part }),
      Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
    }),
  }),
})

function takeEmail(response: ServerResponse, body: string) {
  const { FromEmailAddress, Destination, Content } = Email.parse(JSON.parse(body))
  const { Subject, Body, Headers } = Content.Simple
  const [to = ''] = Destination.ToAddresses
  if (to.startsWith('throttled@')) {
    return refuse(response, 429, 'TooManyRequestsException', 'Maximum sending rate exceeded.')
  }
  if (to.startsWith('rejected@')) {
    return refuse(response, 400, 'MessageRejected', 'Address is on the suppression list.')
  }
  const MessageId = inbox.keep({
    kind: 'email',
    to,
    subject: Subject.Data,
    text: Body.Text.Data,
    html: Body.Html.Data,
    headers: Object.fromEntries([
      ['From', FromEmailAddress],
      ...Headers.map(({ Name, Value }) => [Name, Value]),
    ]),
  })
  sendJson(response, 200, { MessageId })
}

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a form, answered as XML.
function takePublish(response: ServerResponse, body: string) {
  const form = new URLSearchParams(body)
  if (form.get('Action') !== 'Publish') return sendJson(response, 400, {})
  const phone = form.get('PhoneNumber')
  const to = phone ?? form.get('TargetArn') ?? ''
  if (phone ? !/^\+\d{7,15}$/.test(phone) : !to.startsWith('arn:')) {
    return sendXml(
      response,
      400,
      '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code>' +
        '<Message>Invalid parameter: PhoneNumber</Message></Error></ErrorResponse>',
    )
  }
  const names = [...form.keys()].filter((key) => /^MessageAttributes\.entry\.\d+\.Name$/.test(key))
  const id = inbox.keep({
    kind: phone ? 'sms' : 'push',
    to,
    subject: '',
    text: form.get('Message') ?? '',
    html: null,
    headers: Object.fromEntries(
      names.map((key) => {
        const value = form.get(key.replace(/Name$/, 'Value.StringValue'))
        return [form.get(key) ?? '', value ?? '']
      }),
    ),
  })
  const result = `<PublishResult><MessageId>${id}</MessageId></PublishResult>`
  sendXml(response, 200, `<PublishResponse>${result}</PublishResponse>`)
}

function takeHook(
  { headers }: IncomingMessage,
  response: ServerResponse,
  to: string,
  text: string,
) {
  const flat = Object.entries(headers).map(([name, value]) => [name, String(value)])
  inbox.keep({ kind: 'hook', to, subject: '', text, html: null, headers: Object.fromEntries(flat) })
  sendJson(response, 200, {})
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > mostBytes) throw new Error('more than a megabyte')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refuse(response: ServerResponse, status: number, type: string, message: string) {
  response.setHeader('x-amzn-errortype', type)
  sendJson(response, status, { message })
}

const sendJson = (response: ServerResponse, status: number, body: object) =>
  sendText(response, status, 'application/json', JSON.stringify(body))

const sendXml = (response: ServerResponse, status: number, body: string) =>
  sendText(response, status, 'text/xml', body)

function sendHtml(response: ServerResponse, body: string, policy: string) {
  response.setHeader('content-security-policy', policy)
  sendText(response, 200, 'text/html; charset=utf-8', body)
}

function sendText(response: ServerResponse, status: number, type: string, body: string) {
  response.writeHead(status, {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
  response.end(body)
}
