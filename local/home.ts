import path from 'node:path'

const defaultPortBase = 3000

/** The folder that holds the state of the local system. */
export const homeFolder = (root: string) =>
  path.resolve(root, process.env.TURNOUT_HOME || '.turnout')

/** The first of the ports of the local system. */
export function portBase() {
  const text = process.env.TURNOUT_PORT_BASE || String(defaultPortBase)
  const base = Number(text)
  if (Number.isInteger(base) && base >= 1 && base <= 65_525) return base
  throw new Error(`TURNOUT_PORT_BASE=${text} is not a port that leaves room for eleven`)
}
