import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse, type ScalarTag } from 'yaml'

export type Resource = { Type: string; Properties?: Record<string, unknown> }
export type QueueTrigger = {
  functionName: string
  /** Logical name of the queue. */
  queue: string
  batchSize: number
  windowSeconds: number
  reportsFailures: boolean
  pollers: number
}
export type Template = {
  resources: Record<string, Resource>
  triggers: QueueTrigger[]
}

type SqsEvent = {
  arn: unknown
  enabled?: boolean
  batchSize?: number
  maximumBatchingWindow?: number
  functionResponseType?: string
  maximumConcurrency?: number
}
type ServerlessFile = {
  service: string
  functions?: Record<string, { name?: string; events?: { sqs?: SqsEvent }[] }>
  resources?: { Resources?: Record<string, Resource> }
}

export const localStage = 'local'

/** What serverless.yml says about queues and buckets, with its variables filled in. */
export function readTemplate(root: string): Template {
  const text = readFileSync(path.join(root, 'serverless.yml'), 'utf8')
  const file: ServerlessFile = parse(text, { customTags: intrinsics, merge: true })
  const filled = fill(file, file.service)
  return {
    resources: filled.resources?.Resources ?? {},
    triggers: Object.entries(filled.functions ?? {}).flatMap(([key, { name, events }]) =>
      (events ?? []).flatMap(({ sqs }) =>
        sqs && sqs.enabled !== false
          ? [toTrigger(name ?? `${filled.service}-${localStage}-${key}`, sqs)]
          : [],
      ),
    ),
  }
}

/** The logical name inside `Fn::GetAtt` of an ARN, undefined for anything else. */
export function getAttOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('Fn::GetAtt' in value)) return undefined
  const target = value['Fn::GetAtt']
  return Array.isArray(target) ? String(target[0]) : String(target).split('.')[0]
}

function toTrigger(functionName: string, event: SqsEvent): QueueTrigger {
  const queue = getAttOf(event.arn)
  if (!queue) throw new Error(`${functionName}: the queue's arn must be Fn::GetAtt of a resource`)
  return {
    functionName,
    queue,
    batchSize: Math.min(event.batchSize ?? 10, 10),
    windowSeconds: event.maximumBatchingWindow ?? 0,
    reportsFailures: event.functionResponseType === 'ReportBatchItemFailures',
    pollers: Math.max(2, Math.min(event.maximumConcurrency ?? 2, 4)),
  }
}

const intrinsics: ScalarTag[] = [
  { tag: '!Ref', resolve: (text) => ({ Ref: text }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
  { tag: '!GetAtt', resolve: (text) => ({ 'Fn::GetAtt': text.split('.') }) },
]

function fill<T>(value: T, service: string): T {
  if (typeof value === 'string') return fillText(value, service) as T
  if (Array.isArray(value)) return value.map((each) => fill(each, service)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => {
    if (key === 'Fn::Sub') return [key, each]
    return [key, fill(each, service)]
  })
  return subOf(Object.fromEntries(entries), service) as T
}

// A name that CloudFormation would put together.
function subOf(object: Record<string, unknown>, service: string): unknown {
  const text = object['Fn::Sub']
  return typeof text === 'string' ? fillText(text, service) : object
}

const fillText = (text: string, service: string) =>
  text
    .replace(/\$\{(?:sls:stage|self:provider\.stage|opt:stage[^}]*)\}/g, localStage)
    .replace(/\$\{self:service\}/g, service)
    .replace(/\$\{(?:aws:accountId|AWS::AccountId)\}/g, '000000000000')
    .replace(/\$\{(?:aws:region|AWS::Region)\}/g, 'us-east-1')
