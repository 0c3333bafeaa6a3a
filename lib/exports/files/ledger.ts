import { dimensions, type Measure, measures } from '../../ledger/entry.ts'
import { type Column, count, type ExportType, instant, text } from '../catalogue.ts'
import {
  customerColumn,
  dimensionColumn,
  messageColumn,
  orderColumn,
  testColumn,
} from '../dimensions.ts'
import { metricColumn } from '../measured.ts'

// An order's booking knows no ticket type: under filters the API counts orders by their lines.
const booked: Partial<Record<Measure, string>> = {
  orders:
    'Books an order where it was first paid, and takes it away from where it no longer was. It has no ticket type: under filters the API counts orders by their lines instead.',
  orders_cancelled:
    'Books an order where it was first cancelled, and takes it away from where it no longer was. It has no ticket type: under filters the API counts orders by their lines instead.',
}

const measureColumn = (name: Measure): Column => {
  const definition = booked[name]
  return definition ? count(name, definition) : metricColumn(name)
}

export const ledger: ExportType = {
  name: 'ledger',
  title: 'Ledger',
  definition:
    'One row for each entry behind every number. Entries are signed and never changed: what an event moves elsewhere is booked with the opposite sign where it was. A number that an entry does not touch is empty.',
  columns: [
    text('entry_id', 'The number of the entry: later ones were recorded later.'),
    instant('occurred_at', 'When it happened.'),
    instant('recorded_at', 'When the service learned of it.'),
    ...[messageColumn, orderColumn, customerColumn],
    ...dimensions.map(dimensionColumn),
    testColumn,
    ...measures.map(measureColumn),
  ],
  rows: `
select e.entry_id::text as entry_id, e.entry_id as entry_number, e.occurred_at, e.recorded_at,
       e.event_id, e.order_id, e.customer_ref,
       ${dimensions.map((name) => `e.${name}`).join(', ')}, e.test_mode::text as test_mode,
       ${measures.map((name) => `e.${name}`).join(', ')}
  from entries e`,
  order: 'occurred_at, entry_number',
}
