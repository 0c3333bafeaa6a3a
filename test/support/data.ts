import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const folder = process.env.TURNOUT_DATA ?? path.resolve('../shared/data')

/** Real box-office files with totals computed elsewhere; they are not part of the project. */
export const dataFile = (name: string): string => path.join(folder, name)

/** `test` where the data is there; elsewhere the tests are skipped, and it is said aloud. */
export function testWithData(): jest.It {
  if (existsSync(dataFile('TOTALS.json'))) return test
  console.warn(`SKIPPED: no real data in ${folder}; set TURNOUT_DATA to compare with its totals`)
  return test.skip
}

/** The independent totals of every file. */
export const totals = () => JSON.parse(readFileSync(dataFile('TOTALS.json'), 'utf8'))
