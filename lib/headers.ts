export type Headers = Record<string, string | undefined> | null | undefined

/** A header by its name in lower case: gateways disagree about the case of theirs. */
export function headerOf(headers: Headers, name: string): string | undefined {
  if (!headers) return undefined
  const exact = headers[name]
  if (exact !== undefined) return exact
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}

/** The headers of every answer; a route may tell others. */
export const commonHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Whether a list of tags in a condition names this one; weak and strong alike. */
export function matches(condition: string, etag: string): boolean {
  const tags = condition.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}

/** Whether an Accept-Encoding takes gzip: named, or covered by `*`, and not with a weight of zero. */
export function acceptsGzip(accepted: string | undefined): boolean {
  const weights = new Map(
    (accepted ?? '').split(',').map((one) => {
      const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
      return [name, Number(weight ?? 1)]
    }),
  )
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0
}

/** Whether an answer came from what was kept of an earlier one (RFC 9211); null: nobody looked. */
export const cacheStatus = (isHit: boolean | null): Record<string, string> =>
  isHit === null ? {} : { 'cache-status': isHit ? 'turnout; hit' : 'turnout; fwd=miss' }
