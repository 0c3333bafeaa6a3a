import type { Random } from '../oracle/random.ts'
import { good as goodRequests } from '../support/good-requests.ts'
import type { Asked } from '../support/http.ts'
import { at, document, type Operation, operations } from '../support/openapi.ts'
import { hostileValues, packings, writeBody } from './hostile.ts'
import { hostileTexts, strangeNames } from './hostile-texts.ts'
import { exampleOf, placesOf, replaced, type Step, wordsOf } from './values.ts'

/** What is there to be asked for. */
export type World = {
  venue: string
  foreign: string
  /** What paths may name, by the name, or by `key name` where the operation decides. */
  params: Record<string, readonly string[]>
  /** Texts that are good somewhere. */
  words: string[]
}

export type Attempt = {
  key: string
  /** What was done to a good request, for a report. */
  what: string
  asked: Asked
  /** The one field that was changed, as an issue names it. */
  place?: string
}

type Parameter = { $ref?: string; name: string; in: string; required?: boolean; example?: string }
type Change = { what: string; asked: Asked; place?: string }
type Way = (base: Asked) => Change

const parametersOf = ({ parameters = [] }: Operation, place: string): Parameter[] =>
  parameters
    .map((one) => (one.$ref ? at<Parameter>(one.$ref) : (one as unknown as Parameter)))
    .filter((one) => one.in === place)

/** Requests to every operation of the document, each good but for what a way makes of it. */
export function attemptsOf(seed: number, random: Random, world: World) {
  const texts = hostileTexts(seed)
  const values = hostileValues(seed)
  const words = [...new Set(wordsOf(document)), ...world.words]

  /** A request that is answered well. */
  function good(key: string): Asked {
    const { operation } = operationAt(key)
    const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
    return {
      caller: callerFor(operation, world),
      params: Object.fromEntries(
        parametersOf(operation, 'path').map(({ name, example }) => [
          name,
          random.pick(known(key, name) ?? [example ?? '']),
        ]),
      ),
      query: Object.fromEntries(
        parametersOf(operation, 'query')
          .filter(({ required }) => required)
          .map(({ name, example }) => [name, example ?? '']),
      ),
      headers: { 'if-match': '*', ...(type && { 'content-type': type }) },
      ...(media && { body: own(exampleOf(media.schema, random)) }),
    }
  }

  const known = (key: string, name: string): readonly string[] | undefined => {
    const [own, told] = [world.params[`${key} ${name}`], goodRequests[key]?.params?.[name]]
    return own ?? world.params[name] ?? (told === undefined ? told : [told])
  }

  // Examples name a venue of their own.
  const own = (body: unknown): unknown =>
    placesOf(body).reduce(
      (whole, way) => (way.at(-1) === 'venue_id' ? replaced(whole, way, world.venue) : whole),
      body,
    )

  const textFor = (name: string): string => {
    const near = /^(from|to|asOf)$/.test(name) ? texts.times : name === 'tz' ? texts.zones : []
    const numbers = name === 'limit' ? texts.numbers : []
    const fitting = [...near, ...numbers]
    if (fitting.length > 0 && random.chance(0.6)) return random.pick(fitting)
    return random.pick(random.chance(0.3) ? words : texts.all)
  }
  const valueFor = (name: string): unknown =>
    random.chance(0.5) ? random.pick(values) : textFor(name)

  /** Everything of an operation that can be made wrong, and how. */
  function waysOf(key: string): Way[] {
    const { operation } = operationAt(key)
    const { requestBody } = operation
    const inText = (place: 'params' | 'query' | 'headers') => (name: string) => (base: Asked) => {
      const text = textFor(name)
      const asked = { ...base, [place]: { ...base[place], [name]: text } }
      return { what: `${name} = ${shown(text)}`, asked, place: name }
    }
    const names = (place: string) => parametersOf(operation, place).map(({ name }) => name)
    const whole: Way[] = [
      asItIs,
      (base) => {
        const name = random.pick(strangeNames)
        const asked = { ...base, query: withField(base.query ?? {}, name, random.pick(texts.all)) }
        return { what: `query has ${shown(name)}`, asked, place: name }
      },
      (base) => ({ what: 'no token', asked: { ...base, caller: null } }),
    ]
    const abroad: Way = (base) => ({
      what: 'a foreign venue',
      asked: { ...base, params: { ...base.params, venueId: world.foreign } },
    })
    return [
      ...whole,
      ...(names('path').includes('venueId') ? [abroad] : []),
      ...names('path').map(inText('params')),
      ...names('query').map(inText('query')),
      ...names('header').map(inText('headers')),
      ...(requestBody ? waysOfBody(Object.values(requestBody.content)[0]?.schema) : []),
    ]
  }

  function waysOfBody(schema: unknown): Way[] {
    const places = placesOf(exampleOf(schema, random, true))
    const into = (way: Step[]) => (base: Asked) => {
      const value = valueFor(String(way.at(-1) ?? ''))
      const asked = { ...base, body: replaced(base.body, way, value) }
      return { what: `${way.join('.')} = ${shown(value)}`, asked, place: way.join('.') }
    }
    const without: Way = (base) => {
      const way = random.pick(placesOf(base.body))
      const asked = { ...base, body: replaced(base.body, way, undefined) }
      return { what: `without ${way.join('.')}`, asked, place: way.join('.') }
    }
    const more: Way = (base) => {
      const name = random.pick(strangeNames)
      const objects = placesOf(base.body).filter((way) => isObject(valueAt(base.body, way)))
      const way = random.pick(objects.length > 0 ? objects : [[]])
      const inside = withField(valueAt(base.body, way) ?? {}, name, random.pick(values))
      const asked = { ...base, body: replaced(base.body, way, inside) }
      return { what: `${way.join('.')} has ${shown(name)}`, asked, place: [...way, name].join('.') }
    }
    const packed: Way = (base) => {
      const { what, headers, bytes } = random.pick(packings)
      const body = bytes(writeBody(base.body))
      return { what, asked: { ...base, body, headers: { ...base.headers, ...headers } } }
    }
    return [...places.map(into), without, more, more, packed, packed]
  }

  /** Each way of each operation, then all of them again with other values, without end. */
  function* all(): Generator<Attempt> {
    const keys = [...operations.keys()]
    for (;;) {
      const round = keys.flatMap((key) => waysOf(key).map((way) => ({ key, way })))
      for (const { key, way } of random.shuffled(round)) {
        yield written(key, random.chance(0.1) ? several(key) : way(good(key)))
      }
    }
  }

  function several(key: string): Change {
    const [first = asItIs, ...changes] = random.shuffled(waysOf(key)).slice(0, random.between(2, 4))
    return changes.reduce(
      (sum: Change, way) => {
        // Bytes have no fields any more.
        if (Buffer.isBuffer(sum.asked.body)) return sum
        const { what, asked } = way(sum.asked)
        return { what: `${sum.what}; ${what}`, asked }
      },
      first(good(key)),
    )
  }

  return { all, good: (key: string) => written(key, { what: 'good', asked: good(key) }) }
}

const asItIs: Way = (asked) => ({ what: 'as it should be', asked })

const operationAt = (key: string) => operations.get(key) as { operation: Operation }

function callerFor(operation: Operation, { venue }: World): Asked['caller'] {
  if (operation['x-role'] === 'public') return null
  return operation['x-role'] === 'ops' ? { isOps: true } : { venues: { [venue]: 'owner' } }
}

function written(key: string, { what, asked, place }: Change): Attempt {
  const { body } = asked
  const text = body === undefined || Buffer.isBuffer(body) ? body : writeBody(body)
  return { key, what, asked: { ...asked, body: text }, ...(place !== undefined && { place }) }
}

// Assigning `__proto__` would make it the prototype.
const withField = (fields: object, name: string, value: unknown): Record<string, never> =>
  Object.fromEntries([...Object.entries(fields), [name, value]]) as Record<string, never>

const valueAt = (whole: unknown, way: Step[]): object | undefined =>
  way.reduce<unknown>((part, step) => (part as Record<Step, unknown>)[step], whole) as object

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value as a line of a report shows it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}… (${text.length})` : text
}
