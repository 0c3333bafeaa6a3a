import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { getAttOf, type Resource } from './template.ts'

export type Aws = {
  endpoint: string
  region: string
  accessKeyId: string
  secretAccessKey: string
}
type Resources = Record<string, Resource>

const queueAttributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
] as const

/**
 * Creates the queues and buckets of the template and returns their addresses as environment:
 * `EventsQueue` becomes EVENTS_QUEUE_URL, `ExportsBucket` EXPORTS_BUCKET.
 */
export async function ensureAwsResources(aws: Aws, resources: Resources) {
  const environment: Record<string, string> = {}
  const sqs = new SQSClient(clientConfig(aws))
  const s3 = new S3Client({ ...clientConfig(aws), forcePathStyle: true })
  try {
    for (const [id, queue] of queuesInOrder(resources)) {
      environment[queueVariable(id)] = await ensureQueue(sqs, aws, id, queue, resources)
    }
    for (const [id, bucket] of ofType(resources, 'AWS::S3::Bucket')) {
      const name = String(
        bucket.Properties?.BucketName ?? `turnout-${kebab(id).replace(/-bucket$/, '')}`,
      )
      await ensureBucket(s3, name)
      environment[screaming(id)] = name
    }
  } finally {
    sqs.destroy()
    s3.destroy()
  }
  return environment
}

/** Settings that the clients of AWS take. */
export const clientConfig = ({ endpoint, region, accessKeyId, secretAccessKey }: Aws) => ({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey },
})

/** The variable that holds the address of a queue of the template. */
export const queueVariable = (id: string) => `${screaming(id)}_URL`

/** The ARN that a queue of the template has locally. */
export const queueArn = ({ region }: Aws, id: string, resources: Resources) =>
  `arn:aws:sqs:${region}:000000000000:${queueName(id, resources)}`

async function ensureQueue(
  sqs: SQSClient,
  aws: Aws,
  id: string,
  { Properties = {} }: Resource,
  resources: Resources,
) {
  const text = (value: unknown) =>
    typeof value === 'object'
      ? JSON.stringify(value, (_, each) => {
          const target = getAttOf(each)
          return target ? queueArn(aws, target, resources) : each
        })
      : String(value)
  const Attributes = Object.fromEntries(
    queueAttributes
      .filter((name) => Properties[name] !== undefined)
      .map((name) => [name, text(Properties[name])]),
  )
  const QueueName = queueName(id, resources)
  // Created bare and then changed: creating again with other attributes is an error.
  const found = await sqs.send(new GetQueueUrlCommand({ QueueName })).catch(() => undefined)
  if (!found) await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
  const { QueueUrl } = found ?? (await sqs.send(new GetQueueUrlCommand({ QueueName })))
  if (found) await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
  // Some emulators answer with a host name that needs its own DNS.
  return new URL(new URL(QueueUrl ?? '').pathname, aws.endpoint).href
}

async function ensureBucket(s3: S3Client, name: string) {
  const found = await s3.send(new HeadBucketCommand({ Bucket: name })).catch(() => undefined)
  if (!found) await s3.send(new CreateBucketCommand({ Bucket: name }))
}

// A queue names its dead-letter queue, which must exist before it.
const queuesInOrder = (resources: Resources) =>
  ofType(resources, 'AWS::SQS::Queue').toSorted(
    ([, a], [, b]) => Number(hasRedrive(a)) - Number(hasRedrive(b)),
  )

const hasRedrive = ({ Properties }: Resource) => Properties?.RedrivePolicy !== undefined

const ofType = (resources: Resources, type: string) =>
  Object.entries(resources).filter(([, { Type }]) => Type === type)

const queueName = (id: string, resources: Resources) =>
  String(resources[id]?.Properties?.QueueName ?? `turnout-${kebab(id)}`)

const kebab = (id: string) => id.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase()
const screaming = (id: string) => kebab(id).replaceAll('-', '_').toUpperCase()
