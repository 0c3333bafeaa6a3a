/**
 * An address of the dashboard, of a venue and what stands in it; null where no host is allowed. The
 * first of the origins is the one that links lead to.
 */
export function linkTo(
  origins: readonly string[],
  venueId: string,
  ...path: string[]
): string | null {
  const [origin] = origins
  if (origin === undefined) return null
  const segments = ['venues', venueId, ...path].map(encodeURIComponent)
  return `${origin}/${segments.join('/')}`
}

/** An address that somebody gave, if it is https and of one of the origins; else null. */
export function allowedLink(origins: readonly string[], address: string): string | null {
  const url = URL.parse(address)
  const isAllowed =
    url !== null && url.protocol === 'https:' && !url.username && origins.includes(url.origin)
  return isAllowed ? url.href : null
}
