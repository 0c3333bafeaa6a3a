import type { Caller } from '../access/grants.ts'
import { Refusal } from '../errors.ts'
import { contentTypeOf, fileNameOf } from './file.ts'
import { dispositionOf } from './formats/file-name.ts'
import { findExport } from './list.ts'
import { linkSeconds, linkTo } from './object-link.ts'
import type { Link } from './schema.ts'

/**
 * A link that opens the file of an export for a quarter of an hour, made anew each time, and only
 * after the row was read as the venue's. Throws a Refusal where there is no file, or no longer.
 */
export async function download(
  venueId: string,
  caller: Caller,
  id: string,
  now: Date,
): Promise<Link> {
  const found = await findExport(venueId, caller, id)
  const isOver = found.expiresAt !== null && Date.parse(found.expiresAt) <= now.getTime()
  if (found.status === 'expired' || isOver) {
    throw new Refusal('gone', 'The file was deleted after seven days: export it again')
  }
  if (found.status !== 'completed' || found.objectKey === null) {
    throw new Refusal('conflict', `The export is ${found.status}: it has no file`)
  }
  const disposition = dispositionOf(fileNameOf(venueId, found))
  const url = await linkTo(found.objectKey, disposition, contentTypeOf(found))
  const expiresAt = new Date(now.getTime() + linkSeconds * 1000).toISOString()
  return { url, expiresAt }
}
