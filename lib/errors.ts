/** What a caller did that we refuse, in the words of the contract (§3). */
export type RefusalCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'precondition_failed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'unprocessable'
  | 'precondition_required'
  | 'rate_limited'

export type Issue = { path: string; code: string; message: string }

/** A refusal is an answer, not a fault: it carries a code, never a status. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly issues: Issue[] | undefined
  /** After how many seconds the same request may fare better. */
  readonly retryAfter: number | undefined
  constructor(code: RefusalCode, message: string, issues?: Issue[], retryAfter?: number) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.issues = issues
    this.retryAfter = retryAfter
  }
}

export type StoreName = 'postgres' | 'mongo' | 'redis' | 'queue' | 'objects'

/** A store that is away, slow or refuses for now: the same call may succeed later. */
export class StoreUnavailable extends Error {
  readonly store: StoreName
  constructor(store: StoreName, cause: unknown) {
    super(`${store} is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'StoreUnavailable'
    this.store = store
  }
}
