import { expectBruteForceInAnyOrder } from '../../oracle/any-answers.ts'
import { propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { steadyPlaces } from '../../oracle/places.ts'
import { closeStores } from '../../support/service.ts'

afterAll(closeStores)

test.each(steadyPlaces)(
  'in $timezone, however events arrive, every answer is that of brute force',
  (place) => expectBruteForceInAnyOrder(place, 15),
  propertyTimeoutMs,
)
