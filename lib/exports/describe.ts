import { type Column, formats } from './catalogue.ts'
import { exportTypes } from './files/all.ts'
import type { ExportTypes } from './schema.ts'

/** What can be exported, as everybody is told of it. */
export const describeTypes = (): ExportTypes => ({
  items: [...exportTypes.values()].map(({ name, title, definition, columns }) => ({
    ...{ name, title, definition },
    formats: [...formats],
    columns: columns.map(describeColumn),
  })),
})

/** A column as everybody is told of it. */
export const describeColumn = ({ name, definition, kind, metric }: Column) => ({
  ...{ name, definition, kind },
  ...(metric && { metric }),
})
