export type Headers = Record<string, string | undefined> | null | undefined

/** A header by its name in lower case: gateways disagree about the case of theirs. */
export function headerOf(headers: Headers, name: string): string | undefined {
  if (!headers) return undefined
  const exact = headers[name]
  if (exact !== undefined) return exact
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}
