import { createHash } from 'node:crypto'

/**
 * The dedupe key as a header can carry it, the same for every attempt: itself where it is short
 * and plain, otherwise its digest. No dots: they part what is signed.
 */
export const deliveryKey = (dedupeKey: string): string =>
  /^[\w:/-]{1,128}$/.test(dedupeKey)
    ? dedupeKey
    : createHash('sha256').update(dedupeKey).digest('hex')
