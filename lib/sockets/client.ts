/**
 * A client of the sockets, for browsers and Node: it connects again when a connection ends, asks for
 * what it missed, and tells each listener the newest state of its channel. It needs nothing else.
 */

/** What a channel says. */
export type Told = { channel: string; seq: number; asOf: string; data: unknown }

export type SocketError = { code: string; message: string; channel?: string | undefined }

export type Listener = {
  told(told: Told): void
  /** The channel cannot be heard, and is not tried again. */
  refused?(error: SocketError): void
}

export type SocketOptions = {
  /** A fresh ticket: the answer of POST /v1/ws/tickets. */
  ticket(): Promise<{ ticket: string; url: string }>
  /** Told of each change of the connection. */
  changed?(state: 'open' | 'closed'): void
  /** Every frame, as it came. */
  frame?(frame: Frame): void
  heartbeatMs?: number
  /** The longest wait before the first new attempt; it doubles with each, up to half a minute. */
  retryMs?: number
}

export type Frame = {
  type: string
  channel?: string
  seq?: number
  ts: string
  asOf?: string
  id?: string
  data: unknown
}

type Heard = { listeners: Set<Listener>; seq: number | null; isAsked: boolean }

const longestRetryMs = 30_000
const answerMs = 10_000
/** A token that ends sooner is renewed. */
const renewMs = 90_000

const chance = () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32

/** Opens a socket and keeps it open until `close`. */
export function openSocket(options: SocketOptions) {
  const { heartbeatMs = 60_000, retryMs = 1000 } = options
  const heard = new Map<string, Heard>()
  let socket: WebSocket | null = null
  let attempts = 0
  let asked = 0
  let isClosed = false
  let timers: ReturnType<typeof setTimeout>[] = []
  /** Set while a ping waits for its answer. */
  let overdue: ReturnType<typeof setTimeout> | undefined

  const later = (ms: number, work: () => void) => timers.push(setTimeout(work, ms))
  const send = (message: object) => {
    asked += 1
    if (socket?.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ v: 1, id: String(asked), ...message }))
    }
  }

  async function connect(): Promise<void> {
    if (isClosed) return
    try {
      const { ticket, url } = await options.ticket()
      if (isClosed) return
      const address = new URL(url)
      address.searchParams.set('ticket', ticket)
      const opened = new WebSocket(address)
      socket = opened
      opened.onopen = () => {
        options.changed?.('open')
        askForAll()
        beat()
      }
      opened.onmessage = ({ data }) => take(JSON.parse(String(data)) as Frame)
      opened.onerror = () => {} // a close follows
      opened.onclose = () => lost(opened)
    } catch {
      retry()
    }
  }

  function lost(closed: WebSocket): void {
    if (socket !== closed) return
    socket = null
    clearTimeout(overdue)
    overdue = undefined
    for (const timer of timers) clearTimeout(timer)
    timers = []
    for (const one of heard.values()) one.isAsked = false
    if (!isClosed) options.changed?.('closed')
    retry()
  }

  // Full jitter: after a deployment a thousand clients do not come back in the same moment.
  function retry(): void {
    if (isClosed) return
    const longest = Math.min(longestRetryMs, retryMs * 2 ** attempts)
    attempts += 1
    later(chance() * longest, connect)
  }

  function askForAll(): void {
    const fresh: string[] = []
    for (const [channel, one] of heard) {
      if (one.isAsked) continue
      one.isAsked = true
      if (one.seq === null) fresh.push(channel)
      else send({ action: 'resume', channel, fromSeq: one.seq })
    }
    if (fresh.length > 0) send({ action: 'subscribe', channels: fresh })
  }

  function beat(): void {
    later(heartbeatMs, () => {
      send({ action: 'ping' })
      const waiting = socket
      overdue ??= setTimeout(() => waiting?.close(), answerMs)
      beat()
    })
  }

  function take(frame: Frame): void {
    options.frame?.(frame)
    attempts = 0
    const { type, channel } = frame
    if (type === 'pong') pong(frame.data as Pong)
    if (type === 'error') failed(frame)
    const one = channel === undefined ? undefined : heard.get(channel)
    if (!one || channel === undefined || frame.seq === undefined) return
    if (type === 'subscribed' || type === 'resync') tell(one, frame as Frame & Told)
    if (type !== 'update' || one.seq === null || frame.seq <= one.seq) return
    if (frame.seq === one.seq + 1) tell(one, frame as Frame & Told)
    // Something is missing: what is asked for now brings this change along.
    else send({ action: 'resume', channel, fromSeq: one.seq })
  }

  function tell(one: Heard, { channel, seq, asOf, data }: Told): void {
    one.seq = seq
    for (const listener of one.listeners) listener.told({ channel, seq, asOf, data })
  }

  type Pong = { subscriptions: number; authExpiresAt: string }
  function pong({ subscriptions, authExpiresAt }: Pong): void {
    clearTimeout(overdue)
    overdue = undefined
    if (Date.parse(authExpiresAt) - Date.now() < renewMs) void renew()
    // The service has lost something of what was asked for.
    if (subscriptions >= heard.size) return
    for (const one of heard.values()) one.isAsked = false
    askForAll()
  }

  async function renew(): Promise<void> {
    const fresh = await options.ticket().catch(() => undefined)
    if (fresh) send({ action: 'refresh_auth', ticket: fresh.ticket })
  }

  function failed({ channel, data }: Frame): void {
    const { code, message } = data as SocketError
    if (code === 'unavailable' || code === 'internal') {
      // Nobody knows what was not done: all is asked for again, which does no harm.
      for (const one of heard.values()) one.isAsked = false
      later(chance() * 2000, askForAll)
      return
    }
    const one = channel === undefined ? undefined : heard.get(channel)
    if (!one || channel === undefined) return
    heard.delete(channel)
    for (const listener of one.listeners) listener.refused?.({ code, message, channel })
  }

  void connect()
  return {
    /** Listens to a channel; returns how to stop. A listener begins with the state of the channel. */
    subscribe(channel: string, listener: Listener): () => void {
      const one = heard.get(channel) ?? { listeners: new Set(), seq: null, isAsked: false }
      heard.set(channel, one)
      one.listeners.add(listener)
      // A second listener needs the state as well: the first hears it once more.
      one.seq = null
      one.isAsked = false
      if (socket?.readyState === WebSocket.OPEN) askForAll()
      return () => {
        one.listeners.delete(listener)
        if (one.listeners.size > 0 || heard.get(channel) !== one) return
        heard.delete(channel)
        send({ action: 'unsubscribe', channel })
      }
    },
    /** Ends the connection for good. */
    close(): void {
      isClosed = true
      clearTimeout(overdue)
      for (const timer of timers) clearTimeout(timer)
      socket?.close()
    },
  }
}
