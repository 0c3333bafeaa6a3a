import { dataQuality } from '../../lib/data-quality/data-quality.ts'
import { DataQuality } from '../../lib/data-quality/schema.ts'
import { http, route } from '../../lib/http.ts'

export const handler = http({
  'GET /v1/venues/{venueId}/data-quality': route(
    {
      access: 'viewer',
      summary: 'How far the numbers can be relied on',
      response: DataQuality,
      description:
        'How late and how whole the data are: what came in, what waits, how far jobs are, where the platform’s own books (`orders.checksum`, `inventory.snapshot`) differ from what is counted, and the last audit. A snapshot’s sold and complimentary tickets are compared with tickets sold less cancelled, up to its moment.',
    },
    ({ venueId, now }) => dataQuality(venueId, now),
  ),
})
