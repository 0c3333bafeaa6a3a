import { createHash } from 'node:crypto'

/**
 * The tag of what is told with things that change by themselves: it names its revision, on which
 * alone a change depends, and what was told.
 */
export function sealedTag(name: string, told: unknown): string {
  const seal = createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 8)
  return `"${name}.${seal}"`
}

/** A condition without what was told: the tags of revisions. */
export const withoutSeals = (condition: string): string => condition.replaceAll(/\.[\w-]{8}"/g, '"')
