import type * as z from 'zod'
import type { Access } from './access/grants.ts'

/** Whether a route changes what was read before: it wants the ETag of that. */
export const isUpdate = (key: string): boolean => /^(PUT|PATCH) /.test(key)

/**
 * Whether a route changes anything; what a viewer may call does not, though it be a POST, and neither
 * does making a link, which is made anew each time.
 */
export const isWrite = (key: string, access: Access): boolean =>
  !key.startsWith('GET ') && access !== 'viewer' && !key.endsWith('/download')

/** Whether a request may come without a body: where the schema has something in place of it. */
export const mayLackBody = (body: z.ZodType | undefined): boolean =>
  body?.safeParse(undefined).success ?? false
