import { http } from '../../lib/http.ts'

/** Behind the gateway's $default route: no address but those of the other functions. */
export const handler = http({})
