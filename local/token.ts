/** node local/token.ts: prints a signed token for the local system. */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { homeFolder } from './home.ts'
import { signToken } from './keys.ts'
import { usage } from './usage.mjs'

const venueRoles = ['viewer', 'analyst', 'manager', 'owner']
const maxVenueIdLength = 64

class UsageError extends Error {}

try {
  process.stdout.write(`${await makeToken()}\n`)
} catch (error) {
  const { code = '', message } = error as NodeJS.ErrnoException
  const isUsage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(isUsage ? `${message}\n\n${usage['local/token.ts']}\n` : `${message}\n`)
  process.exitCode = isUsage ? 2 : 1
}

function makeToken() {
  const { values } = parseArgs({
    options: {
      venue: { type: 'string' },
      role: { type: 'string' },
      user: { type: 'string', default: 'local-user' },
      expires: { type: 'string', default: '1h' },
    },
  })
  const { venue, role, user, expires } = values
  if (!role) throw new UsageError('--role is missing')
  if (!/^[1-9]\d*[smhd]$/.test(expires)) {
    throw new UsageError(`--expires ${expires} is not a time such as 30s, 15m, 1h or 7d`)
  }
  if (!user) throw new UsageError('--user is empty')
  const home = homeFolder(path.dirname(import.meta.dirname))
  return signToken(home, user, claimsFor(role, readVenues(venue)), expires)
}

function readVenues(text = '') {
  const venues = text
    .split(',')
    .map((venue) => venue.trim())
    .filter(Boolean)
  for (const venue of venues) {
    if (venue.length > maxVenueIdLength || !/^[\w-]+$/.test(venue)) {
      throw new UsageError(`${venue} is no venue id: 1 to 64 of A–Z a–z 0–9 _ -`)
    }
  }
  return venues
}

function claimsFor(role: string, venues: string[]) {
  if (role === 'ops') {
    if (venues.length > 0) throw new UsageError('--role ops takes no --venue')
    return { scope: 'ops' }
  }
  const [venue] = venues
  if (!venue) throw new UsageError(`--role ${role} needs --venue`)
  if (role === 'ingest') {
    if (venues.length > 1) throw new UsageError('--role ingest takes one venue')
    return { scope: 'ingest', venue }
  }
  if (!venueRoles.includes(role)) {
    throw new UsageError(`--role ${role} is none of ${[...venueRoles, 'ingest', 'ops'].join(', ')}`)
  }
  return { venues: Object.fromEntries(venues.map((each) => [each, role])) }
}
