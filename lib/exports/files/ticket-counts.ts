import { type Column, count, type ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { isAnyLeft, metricColumn, sumsOf } from '../measured.ts'

const metrics = ['tickets_sold', 'comps', 'tickets_cancelled', 'tickets_net']
const last = 'as the platform last told before the end of the time; empty where it told nothing'

const told: [column: Column, of: string][] = [
  [count('allocation', `How many places there are, ${last}.`), 'capacity'],
  [count('held', `Places that are held back, ${last}.`), 'held'],
  [count('killed', `Places that are not for sale, ${last}.`), 'killed'],
  [count('open', `Places that are left to be sold, ${last}.`), 'open'],
]

const sold: [column: Column, where: string][] = [
  [count('online', 'Counts the tickets sold online, complimentary ones included.'), `= 'online'`],
  [
    count('box_office', 'Counts the tickets sold at the box office, complimentary ones included.'),
    `= 'box_office'`,
  ],
  [
    count(
      'other_channels',
      'Counts the tickets sold elsewhere, or by a channel that nobody named.',
    ),
    `is null or e.channel not in ('online', 'box_office')`,
  ],
]

export const ticketCounts: ExportType = {
  name: 'ticket-counts',
  title: 'Ticket counts',
  definition:
    'One row for each show and ticket type: the places as the platform last told of them, and the tickets that were sold in the time. Filters of shows and ticket types are of both; others are of what was sold alone.',
  columns: [
    dimensionColumn('event'),
    dimensionColumn('ticket_type'),
    ...[...told, ...sold].map(([column]) => column),
    ...metrics.map(metricColumn),
  ],
  rows: `
select e.event, e.ticket_type,
       ${told.map(([{ name }, of]) => `max(e.${of}) as ${name}`).join(', ')},
       ${sold
         .map(
           ([{ name }, where]) =>
             `coalesce(sum(e.tickets_sold) filter (where e.channel ${where}), 0)::bigint as ${name}`,
         )
         .join(',\n       ')},
       ${sumsOf(metrics)}
  from (select l.event, l.ticket_type, l.channel, l.tickets_sold, l.comps, l.tickets_cancelled,
               ${told.map(([, of]) => `null::bigint as ${of}`).join(', ')}
          from entries l
         where num_nonnulls(l.tickets_sold, l.tickets_cancelled) > 0
         union all
        select i.event, i.ticket_type, null, null, null, null,
               ${told.map(([, of]) => `i.${of}`).join(', ')}
          from inventory i) e
 group by e.event, e.ticket_type
having count(e.capacity) > 0 or ${isAnyLeft(metrics)}`,
  order: 'event collate "C", ticket_type collate "C"',
}
