import { type Bundle, bundle, ownText } from '../support/bundle.ts'
import { type Lambda, lambdas, serverless } from '../support/serverless.ts'

jest.setTimeout(240_000)

type Built = { name: string; lambda: Lambda; built: Bundle; text: string }

let functions: Built[]

beforeAll(async () => {
  functions = await Promise.all(
    lambdas.map(async ([name, lambda]) => {
      const built = await bundle(lambda)
      return { name, lambda, built, text: ownText(built) }
    }),
  )
})

/** What a function reads from the environment, by the concerns that its own code asks for. */
function concernsOf({ text }: Built): string[] {
  const asked = [...text.matchAll(/\bconfig\('(\w+)'\)/g)].map(([, concern]) => concern ?? '')
  const isJob = /\bwith(Tenant)?Job[<(]/.test(text.replace(/^export function with.*$/gm, ''))
  const named = asked.map((concern) => (concern === 'postgres' && isJob ? 'job' : concern))
  return [...new Set(named)].sort()
}

test('a function is given the settings of the concerns it reads, and no others', () => {
  const findings = functions.flatMap((one) => {
    const needed = concernsOf(one).flatMap((concern) =>
      Object.keys(serverless.custom.env[concern] ?? { [`(concern ${concern})`]: '' }),
    )
    const given = Object.keys(one.lambda.environment ?? {})
    const lacks = [...new Set(needed)].filter((name) => !given.includes(name))
    const spare = given.filter((name) => !needed.includes(name))
    return [
      ...lacks.map((name) => `${one.name} reads ${name}: add its concern to the environment`),
      ...spare.map((name) => `${one.name} never reads ${name}: take it away`),
    ]
  })
  expect(findings).toEqual([])
})

test('no value of the environment stands in serverless.yml as itself', () => {
  const findings = lambdas.flatMap(([name, { environment = {} }]) =>
    Object.entries(environment)
      .filter(([key]) => /URL|URI|SECRET|TOKEN|KEY|PASSWORD/.test(key))
      .filter(([, value]) => {
        const isReference = typeof value === 'object' || value === ''
        return !isReference && !/^\{\{resolve:secretsmanager:|^turnout$/.test(String(value))
      })
      .map(([key]) => `${name}: ${key}`),
  )
  expect(findings).toEqual([])
})

type Statement = { Effect: string; Action: string | string[]; Resource: unknown }

function actionsOf(role: string | undefined): string[] | undefined {
  const resource = serverless.resources.Resources[role ?? '']
  if (resource?.Type !== 'AWS::IAM::Role') return undefined
  const policies = (resource.Properties.Policies ?? []) as {
    PolicyDocument: { Statement: Statement[] }
  }[]
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap((s) => s.Action))
}

const actionOf: Record<string, string> = {
  SendMessageBatchCommand: 'sqs:SendMessage',
  ReceiveMessageCommand: 'sqs:ReceiveMessage',
  DeleteMessageBatchCommand: 'sqs:DeleteMessage',
  ChangeMessageVisibilityBatchCommand: 'sqs:ChangeMessageVisibility',
  GetQueueAttributesCommand: 'sqs:GetQueueAttributes',
  HeadBucketCommand: 's3:ListBucket',
  GetObjectCommand: 's3:GetObject',
  HeadObjectCommand: 's3:GetObject',
  PutObjectCommand: 's3:PutObject',
  CreateMultipartUploadCommand: 's3:PutObject',
  UploadPartCommand: 's3:PutObject',
  CompleteMultipartUploadCommand: 's3:PutObject',
  AbortMultipartUploadCommand: 's3:AbortMultipartUpload',
  DeleteObjectCommand: 's3:DeleteObject',
  SendEmailCommand: 'ses:SendEmail',
  PublishCommand: 'sns:Publish',
  PostToConnectionCommand: 'execute-api:ManageConnections',
  DeleteConnectionCommand: 'execute-api:ManageConnections',
}
const actionsOfQueueTriggers = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']

test('a role allows what its functions do, and no more', () => {
  const findings = functions.flatMap((one) => {
    const { name, lambda, text } = one
    const allowed = actionsOf(lambda.role)
    if (!allowed) return [`${name}: name a role of resources`]
    const commands = [...text.matchAll(/\bnew (\w+Command)\(/g)].map(([, command]) => command ?? '')
    const unknown = commands.filter((command) => !(command in actionOf))
    const isWorker = lambda.events?.some(({ sqs }) => sqs)
    const needed = new Set([
      ...commands.map((command) => actionOf[command] ?? ''),
      ...(isWorker ? actionsOfQueueTriggers : []),
    ])
    return [
      ...unknown.map((command) => `${name}: tell the action of ${command} in this test`),
      ...[...needed].filter((action) => !allowed.includes(action)).map((a) => `${name} lacks ${a}`),
      ...allowed.filter((action) => !needed.has(action)).map((a) => `${name} may ${a} for nothing`),
    ]
  })
  expect(findings).toEqual([])
})

test('no statement allows everything, on anything', () => {
  const roles = Object.entries(serverless.resources.Resources).filter(
    ([, { Type }]) => Type === 'AWS::IAM::Role',
  )
  const used = new Set(lambdas.map(([, { role }]) => role))
  expect(roles.map(([name]) => name).filter((name) => !used.has(name))).toEqual([])
  const text = JSON.stringify(roles.map(([, { Properties }]) => Properties.Policies ?? []))
  expect(text).not.toMatch(/"(Action|Resource)":\s*"?\[?"[^"]*\*/)
})
