import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Access } from '../access/grants.ts'
import type { Route } from '../http.ts'
import { mayLackBody } from '../route-kind.ts'
import { answersOf } from './answers.ts'
import { answerHeaders } from './headers.ts'
import { headerParameters, parametersOf } from './parameters.ts'
import { problemResponses } from './problems.ts'
import { type Components, type Part, schemaOf } from './schemas.ts'

/** The parts of the API in the order that a reader meets them, by the first word of the path. */
const tagOf: Record<string, string> = {
  ingest: 'Events in',
  schemas: 'Events in',
  metrics: 'Numbers out',
  query: 'Numbers out',
  events: 'Shows',
  settings: 'Settings',
  privacy: 'Privacy',
  'alert-templates': 'Alerts',
  alerts: 'Alerts',
  'alert-instances': 'Alerts',
  silences: 'Alerts',
  'mute-windows': 'Alerts',
  'escalation-policies': 'Alerts',
  'contact-points': 'Messages',
  messages: 'Messages',
  'message-templates': 'Messages',
  me: 'Messages',
  ops: 'Operations',
  health: 'Service',
  ready: 'Service',
  docs: 'Service',
  'openapi.json': 'Service',
}

const guideFile = path.join(import.meta.dirname, 'guide.md')

/** The OpenAPI 3.1 document of these routes; the same routes, the same document. */
export function writeDocument(routes: Record<string, Route>, version: string) {
  const components: Components = new Map()
  const responses = problemResponses(components)
  const paths: Record<string, Record<string, Part>> = {}
  const tags = new Set<string>(Object.values(tagOf))
  for (const key of Object.keys(routes).sort(byPath)) {
    const [method = '', path = ''] = key.split(' ')
    const operation = operationOf(key, routes[key] as Route, components)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
    tags.add(operation.tags[0] ?? '')
  }
  const used = new Set(
    Object.values(paths)
      .flatMap(Object.values)
      .flatMap(({ tags: own }) => own),
  )
  return {
    openapi: '3.1.1',
    info: {
      title: 'Turnout',
      version,
      summary: 'Analytics for ticketing platforms: numbers that are right, live and provable',
      description: readFileSync(guideFile, 'utf8'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...tags].filter((name) => used.has(name)).map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses,
      parameters: headerParameters,
      headers: answerHeaders,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: tokenOf },
      },
    },
  }
}

const tokenOf =
  'A JWT (ES256 or RS256) of your identity provider with `iss`, `aud`, `exp` and `sub`, and the claim `venues`: an object, venue id → role (`viewer`, `analyst`, `manager`, `owner`). A write key has `scope: "ingest"` and `venue` instead.'

function operationOf(key: string, route: Route, components: Components) {
  const { access, summary, notes } = route
  const body = bodyOf(route, components)
  const parameters = parametersOf(key, route, components)
  return {
    operationId: operationIdOf(key),
    summary,
    description: [notes.description, whoMay[access]].filter((text) => text).join('\n\n'),
    tags: [tagOfPath(key)],
    'x-role': access,
    security: access === 'public' ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: answersOf(key, route, components),
  }
}

const whoMay: Record<Access, string> = {
  public: 'Open to everybody.',
  token: 'Needs a token.',
  ops: 'Needs a token of operations (`scope: "ops"`).',
  viewer: 'Needs the role `viewer` in the venue, or a higher one.',
  analyst: 'Needs the role `analyst` in the venue, or a higher one.',
  manager: 'Needs the role `manager` in the venue, or a higher one.',
  owner: 'Needs the role `owner` in the venue.',
}

function bodyOf({ body, notes }: Route, components: Components): Part | undefined {
  const read = Object.entries(notes.reads ?? {})
  const kinds = body ? [['application/json', body] as const, ...read] : read
  if (kinds.length === 0) return undefined
  const content = kinds.map(([type, schema]) => [
    type,
    { schema: schemaOf(schema, 'input', components) },
  ])
  return { required: !mayLackBody(body), content: Object.fromEntries(content) }
}

const wordsOf = (key: string): string[] =>
  (key.split(' ')[1] ?? '')
    .replace('/venues/{venueId}/', '/')
    .split('/')
    .filter((word) => word && word !== 'v1')

function tagOfPath(key: string): string {
  const [first = ''] = wordsOf(key)
  const words = first.replaceAll('-', ' ')
  return tagOf[first] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

// GET …/venues/{venueId}/metrics/{metric}/latest is getVenueMetricsByMetricLatest: long, but the
// same for ever, and nobody has to think of a name.
function operationIdOf(key: string): string {
  const [method = ''] = key.split(' ')
  const words = wordsOf(key).map((word) =>
    word.startsWith('{') ? `by-${word.slice(1, -1)}` : word,
  )
  const all = [...(key.includes('/venues/{venueId}/') ? ['venue'] : []), ...words]
  const parts = all.flatMap((word) => word.split(/[-.]/))
  return (
    method.toLowerCase() +
    parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')
  )
}

// By path, then in the order of reading and writing.
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
function byPath(a: string, b: string): number {
  const [left = '', right = ''] = [a.split(' ')[1], b.split(' ')[1]]
  if (left !== right) return left < right ? -1 : 1
  return methods.indexOf(a.split(' ')[0] ?? '') - methods.indexOf(b.split(' ')[0] ?? '')
}
