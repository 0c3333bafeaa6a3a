import { businessDayOf } from '../time/periods.ts'
import type { Format } from './catalogue.ts'
import { extensionOf, fileNameOf as named } from './formats/file-name.ts'
import type { Question } from './schema.ts'

type Told = { type: string; format: Format; question: Question }

const mediaTypes: Record<Format, string> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
}

/** What a file is served as. A packed file is served packed. */
export const contentTypeOf = ({ format, question }: Pick<Told, 'format' | 'question'>): string =>
  question.options.gzip ? 'application/gzip' : mediaTypes[format]

/** What the name of a file ends with. */
export const endingOf = ({ format, question }: Told): string =>
  extensionOf(format, question.options.gzip)

/** What a file is called when it is downloaded: the days are those its time begins and ends with. */
export function fileNameOf(venueId: string, told: Told): string {
  const { from, to, calendar } = told.question
  const date = (at: number) => businessDayOf(at, calendar).date
  const [first, last] = [date(from), date(to)]
  return named({ venueId, type: told.type, from: first, to: last, extension: endingOf(told) })
}
