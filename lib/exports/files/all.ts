import type { ExportType } from '../catalogue.ts'
import { attendance } from './attendance.ts'
import { cartsAndSearches } from './carts-and-searches.ts'
import { channels } from './channels.ts'
import { doorLog } from './door-log.ts'
import { fees } from './fees.ts'
import { ledger } from './ledger.ts'
import { orderLines } from './order-lines.ts'
import { orders } from './orders.ts'
import { products } from './products.ts'
import { promoCodes } from './promo-codes.ts'
import { refunds } from './refunds.ts'
import { salesDaily } from './sales-daily.ts'
import { settlement } from './settlement.ts'
import { taxes } from './taxes.ts'
import { ticketCounts } from './ticket-counts.ts'

/** Every type of file, by name, in the order in which they are told. */
export const exportTypes: ReadonlyMap<string, ExportType> = new Map(
  [
    ...[salesDaily, orders, orderLines, products, ticketCounts, promoCodes, taxes, fees, refunds],
    ...[attendance, doorLog, channels, cartsAndSearches, ledger, settlement],
  ].map((type) => [type.name, type]),
)
