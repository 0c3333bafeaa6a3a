import { count, type ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

const metrics = [
  ...['tickets_sold', 'tickets_cancelled', 'tickets_net', 'admissions'],
  ...['scans_accepted', 'scans_rejected'],
]
const { columns, rows, order } = grouped(
  [dimensionColumn('event'), dimensionColumn('session')],
  metrics,
)

export const attendance: ExportType = {
  name: 'attendance',
  title: 'Attendance and no-show',
  definition:
    'One row for each show and session: tickets sold and people let in during the time that is asked for, so ask from the start of sales to the end of the show.',
  columns: [
    ...columns,
    count(
      'no_show',
      'Tickets, net, less admissions. Below nothing where more were let in than sold: guests without a ticket, or scans that name another show or session than the sale. Not a metric of the API.',
    ),
  ],
  rows: `
select g.event, g.session, ${metrics.map((name) => `g.${name}`).join(', ')},
       g.tickets_net - g.admissions as no_show
  from (${rows}) g`,
  order,
}
