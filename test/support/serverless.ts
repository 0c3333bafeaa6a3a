import { readFileSync } from 'node:fs'
import { parse, type ScalarTag } from 'yaml'

export type HttpEvent = { method: string; path: string; authorizer?: { name: string } } | '*'
export type Trigger = {
  httpApi?: HttpEvent
  sqs?: { arn: unknown; functionResponseType?: string; batchSize?: number }
  schedule?: object
  websocket?: { route: string }
}
export type Lambda = {
  handler: string
  role?: string
  timeout?: number
  package?: { patterns: string[] }
  environment?: Record<string, unknown>
  events?: Trigger[]
}
type Resource = { Type: string; Properties: Record<string, unknown> }
export type Bundling = Record<string, unknown> & { outputFileExtension: string; exclude: string[] }

export type Serverless = {
  provider: { timeout: number; environment: object }
  custom: { esbuild: Bundling; env: Record<string, Record<string, unknown>> }
  functions: Record<string, Lambda>
  resources: { Resources: Record<string, Resource> }
}

const tag = (name: string): ScalarTag => ({
  tag: `!${name}`,
  resolve: (text) => ({ [name]: text }),
})

/** serverless.yml as it is written, variables unresolved; `!Ref x` is `{ Ref: 'x' }`. */
export const serverless = parse(readFileSync('serverless.yml', 'utf8'), {
  merge: true,
  customTags: [tag('Ref'), tag('GetAtt'), tag('Sub')],
}) as Serverless

export const lambdas = Object.entries(serverless.functions)

/** The source file of a function. */
export const fileOf = ({ handler }: Lambda): string => handler.replace(/\.handler$/, '.ts')
