import * as z from 'zod'
import { currencyExponent, largestExponent, minorUnits } from './currency.ts'
import { envelopeFields } from './envelope-fields.ts'
import type { JsonObject } from './json.ts'
import { lineFields, orderFields } from './order-types.ts'
import type { EventOf, TicketingEvent } from './registry.ts'

const largest = BigInt(Number.MAX_SAFE_INTEGER)

const decimal = z.string().refine((text) => majorDefect(text, 1) === undefined, {
  error: 'must be a decimal in major units, at least 0',
})

/** An order of the old service that named no currency: its prices wait for the venue's. */
export const unsettledOrder = z.object({
  ...envelopeFields,
  type: z.literal('order.paid'),
  version: z.literal(1).default(1),
  legacy: z.literal(true),
  data: z.object({
    ...orderFields,
    currency: z.undefined().optional(),
    items: z.array(
      z.object({
        ...lineFields,
        unit_price_major: decimal.optional(),
        amount_major: decimal.optional(),
      }),
    ),
  }),
})

export type UnsettledOrder = z.output<typeof unsettledOrder> & { occurredAt: Date }

/** Whether the message is an order of the old service whose currency is not known yet. */
export function isUnsettled(message: JsonObject): boolean {
  const { type, legacy, data } = message
  return type === 'order.paid' && legacy === true && !Object.hasOwn(Object(data), 'currency')
}

/** Why a decimal in major units, so many times, cannot be an amount of any currency. */
export function majorDefect(
  amount: unknown,
  times: number,
  exponent = largestExponent,
): string | undefined {
  const isDecimal = typeof amount === 'string' || typeof amount === 'number'
  const minor = isDecimal ? minorUnits(amount, exponent) : undefined
  if (minor === undefined) return 'must be a decimal in major units'
  if (minor < 0n) return 'must be at least 0'
  const isCount = Number.isSafeInteger(times) && times > 0
  const total = isCount ? minor * BigInt(times) : minor
  return total > largest ? `must be at most ${largest} minor units` : undefined
}

/** The event with the currency of its venue where it had none; any other event as it is. */
export function settleCurrency(
  event: TicketingEvent | UnsettledOrder,
  venueCurrency: string,
): TicketingEvent {
  if (!('legacy' in event)) return event
  const { legacy, data, ...rest } = event
  const minor = (major: string): number =>
    Number(minorUnits(major, currencyExponent(venueCurrency)) ?? 0n)
  const items = data.items.map(({ unit_price_major, amount_major, ...line }) => ({
    ...line,
    ...(unit_price_major === undefined ? {} : { unit_price_minor: minor(unit_price_major) }),
    ...(amount_major === undefined ? {} : { amount_minor: minor(amount_major) }),
  }))
  return { ...rest, data: { ...data, currency: venueCurrency, items } } as EventOf<'order.paid'>
}
