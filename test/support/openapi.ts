import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

type Part = Record<string, unknown>
type Header = { $ref?: string; required?: boolean }
type Response = {
  $ref?: string
  headers?: Record<string, Header>
  content?: Record<string, Part>
}
export type Operation = {
  operationId: string
  tags: string[]
  security: Record<string, string[]>[]
  'x-role': string
  parameters?: (Part & { $ref?: string })[]
  requestBody?: { content: Record<string, Part> }
  responses: Record<string, Response>
}

/** The document as it is served. */
export const document = JSON.parse(readFileSync('lib/openapi/document.json', 'utf8')) as {
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, Part>>
}

/** Every operation under the gateway's own route key. */
export const operations = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${path}`,
      { path, method, operation },
    ]),
  ),
)

const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(document, 'document')
const validators = new Map<string, ValidateFunction>()

/** What the schema at a place of the document has against a value. */
export function faultsOf(pointer: string, value: unknown): string[] {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` })
  validators.set(pointer, validate)
  if (validate(value)) return []
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

/** A place in the document by its parts, as `$ref` has it. */
export const pointerTo = (...parts: string[]): string =>
  parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** What a `$ref` of the document refers to. */
export function at<T>(ref: string): T {
  const parts = ref.slice('#/'.length).split('/')
  const names = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return names.reduce<unknown>((part, name) => (part as Part)[name], document) as T
}

type Answered = { status: number; headers: Record<string, unknown>; body: unknown; text: string }

/** Holds an answer to the document: its status, its headers, its media type and its body. */
export function expectDocumented(key: string, answered: Answered): void {
  expect({ key, faults: faultsOfAnswer(key, answered) }).toEqual({ key, faults: [] })
}

/** What the document has against an answer. */
export function faultsOfAnswer(key: string, { status, headers, body, text }: Answered): string[] {
  const place = placeOf(key, status)
  if (!place) return [`the document lists no answer with ${status}`]
  const told = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const response = at<Response>(`#${place}`)
  const ofHeaders = Object.entries(response.headers ?? {}).flatMap(([name, { $ref }]) => {
    const value = told.get(name.toLowerCase())
    const header = $ref?.slice(1) ?? `${place}${pointerTo('headers', name)}`
    const { required } = at<Header>(`#${header}`)
    if (value === undefined) return required ? [`the header ${name} is missing`] : []
    return faultsOf(`${header}/schema`, value).map((fault) => `the header ${name}${fault}`)
  })
  if (!response.content) return [...ofHeaders, ...(text === '' ? [] : ['the body is not empty'])]
  const type = String(told.get('content-type') ?? '').split(';')[0] ?? ''
  const declared = Object.keys(response.content).find((range) => isOf(type, range))
  if (!declared) return [...ofHeaders, `the media type is ${type}`]
  return [...ofHeaders, ...faultsOf(`${place}${pointerTo('content', declared, 'schema')}`, body)]
}

// An address that nobody has is answered like anything that is not there.
function placeOf(key: string, status: number): string | undefined {
  const found = operations.get(key)
  if (!found) return status === 404 ? pointerTo('components', 'responses', 'not_found') : undefined
  const response = found.operation.responses[status]
  if (!response) return undefined
  return (
    response.$ref?.slice(1) ??
    pointerTo('paths', found.path, found.method, 'responses', String(status))
  )
}

const isOf = (type: string, range: string): boolean =>
  range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
