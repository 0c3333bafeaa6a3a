import { sweepCarts } from '../../lib/carts/sweep.ts'
import { recorded } from '../../lib/operations/history.ts'
import { schedule } from '../../lib/schedule.ts'

export const handler = schedule((now) =>
  recorded('cart-abandonment', 'clock', () => sweepCarts(now)),
)
