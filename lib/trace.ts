import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Context } from 'aws-lambda'
import { type Headers, headerOf } from './headers.ts'

/** What every log line of one invocation carries. Of a batch, `traceId` names each trace in it. */
export type Scope = { function: string; requestId: string; traceId: string }

const scopes = new AsyncLocalStorage<Scope>()

/** Runs `work` so that its log lines, and the messages it sends, belong to the trace. */
export function inTrace<T>(traceId: string, context: Partial<Context>, work: () => T): T {
  const { functionName = '', awsRequestId = '' } = context
  return scopes.run({ function: functionName, requestId: awsRequestId, traceId }, work)
}

export const currentScope = (): Scope | undefined => scopes.getStore()

/**
 * The trace of a request: what `traceparent` (W3C) or `x-amzn-trace-id` (X-Ray) names, else a new
 * one. 32 hexadecimal digits in every case.
 */
export const traceOfHeaders = (headers: Headers): string =>
  traceOf(headerOf(headers, 'traceparent')) ??
  traceOf(headerOf(headers, 'x-amzn-trace-id')) ??
  newTrace()

export const newTrace = (): string => randomBytes(16).toString('hex')

/** The trace that a `traceparent` or an X-Ray header names, undefined where it names none. */
export function traceOf(header: string | undefined): string | undefined {
  const text = header?.trim().toLowerCase() ?? ''
  const [, w3c] = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(text) ?? []
  const [, time, rest] = /\broot=1-([0-9a-f]{8})-([0-9a-f]{24})(?![0-9a-f])/.exec(text) ?? []
  const trace = w3c ?? (time && rest && time + rest)
  return trace && isTrace(trace) ? trace : undefined
}

/** Whether the text is a trace id as W3C writes it: a header made of it can be sent on. */
export const isTrace = (text: unknown): text is string =>
  typeof text === 'string' && /^(?!0{32})[0-9a-f]{32}$/.test(text)

/** The header under which a trace goes on, as a child of nobody in particular. */
export const traceparentOf = (trace: string): string =>
  `00-${trace}-${randomBytes(8).toString('hex')}-01`
