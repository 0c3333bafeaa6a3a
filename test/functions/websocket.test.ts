import { handler as connect } from '../../functions/websocket/connect.ts'
import { handler as message } from '../../functions/websocket/message.ts'

const send = async (body: string) => JSON.parse((await message({ body })).body)

test('a ping is answered under its id', async () => {
  const answer = await send('{"v":1,"action":"ping","id":"x1"}')
  expect(answer).toMatchObject({ v: 1, type: 'pong', id: 'x1' })
  expect(Date.parse(answer.ts)).not.toBeNaN()
})

test.each(['', 'junk', '[]', 'null', '{}', '{"action":1}', '{"v":2,"action":"ping"}', '"ping"'])(
  '%j is told to be no message, and the connection stays',
  async (body) => {
    expect(await send(body)).toMatchObject({ type: 'error', data: { code: 'bad_request' } })
  },
)

test('an action nobody knows is an error, whatever it is called', async () => {
  for (const action of ['nonsense', '__proto__', 'constructor']) {
    const answer = await send(JSON.stringify({ action, id: 'y' }))
    expect(answer).toMatchObject({ type: 'error', id: 'y', data: { code: 'bad_request' } })
  }
})

test('the handshake names the subprotocol again, and never the token', async () => {
  const headers = { 'Sec-WebSocket-Protocol': 'bearer, secret.token.here' }
  expect(await connect({ headers })).toEqual({
    statusCode: 200,
    headers: { 'Sec-WebSocket-Protocol': 'bearer' },
  })
  expect((await connect({ headers: {} })).headers).toEqual({})
})
