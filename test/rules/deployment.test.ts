import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { giveOwnRoles } from '../../local/deployment/roles.ts'
import { ofType, type Resource, type Resources, targetOf } from '../../local/deployment/template.ts'
import { lambdas } from '../support/serverless.ts'

jest.setTimeout(180_000)

type Statement = {
  Effect: string
  Action: string | string[]
  Resource: unknown
  Condition?: object
}
type Policy = { PolicyDocument: { Statement: Statement[] } }

const folder = mkdtempSync(path.join(os.tmpdir(), 'turnout-deployment-'))
const file = path.join(folder, 'cloudformation-template-update-stack.json')
const stage = ['--stage=prod', '--param=reservedClocks=1']
const network = [
  '--param=subnets=subnet-0a1b2c3d,subnet-1a2b3c4d',
  '--param=securityGroups=sg-0a1b2c3d',
]
let resources: Resources

// The template that is deployed, not the file it is made of.
beforeAll(() => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['local/package.ts', `--package=${folder}`, ...stage, ...network],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`)
  resources = JSON.parse(readFileSync(file, 'utf8')).Resources
})

afterAll(() => rmSync(folder, { recursive: true }))

const all = (type: string): [string, Resource][] => ofType(resources, type)
const functions = () => all('AWS::Lambda::Function')
const statementsOf = (role: Resource | undefined) =>
  ((role?.Properties.Policies ?? []) as Policy[]).flatMap(({ PolicyDocument: p }) => p.Statement)

test('every function has a role of its own', () => {
  const roles = functions().map(([, { Properties }]) => targetOf(Properties.Role) ?? '')
  expect(roles).toHaveLength(lambdas.length)
  expect(new Set(roles)).toEqual(new Set(all('AWS::IAM::Role').map(([name]) => name)))
  expect(new Set(roles).size).toBe(roles.length)
})

test('a function writes the log of its own and no other, and only what cannot be named is any', () => {
  const nameless = /^(xray:Put|ec2:(Create|Describe|Delete)|ec2:(Una|A)ssignPrivate)/
  const findings = functions().flatMap(([name, { Properties }]) => {
    const role = resources[targetOf(Properties.Role) ?? '']
    const logs = statementsOf(role).filter(({ Action }) => String(Action).startsWith('logs:'))
    const group = logs.map(({ Resource: log }) => targetOf(log)).join()
    const wide = statementsOf(role).flatMap(({ Action, Resource: on }) =>
      [Action]
        .flat()
        .filter((action) => action.includes('*') || (on === '*' && !nameless.test(action))),
    )
    return [
      ...(group === name.replace(/LambdaFunction$/, 'LogGroup')
        ? []
        : [`${name} logs to ${group}`]),
      ...(role?.Properties.ManagedPolicyArns ? [`${name} has a managed policy`] : []),
      ...wide.map((action) => `${name} may ${action} on anything`),
    ]
  })
  expect(findings).toEqual([])
})

test('every log is kept for 30 days, every function is traced and in the network of the stage', () => {
  const days = all('AWS::Logs::LogGroup').map(([, log]) => log.Properties.RetentionInDays)
  expect(days).toEqual(functions().map(() => 30))
  for (const [, { Properties }] of functions()) {
    expect(Properties).toMatchObject({
      TracingConfig: { Mode: 'Active' },
      VpcConfig: {
        SubnetIds: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
        SecurityGroupIds: ['sg-0a1b2c3d'],
      },
    })
  }
})

test('a function without a network has no rights on one', () => {
  const lambda = { Type: 'AWS::Lambda::Function', Properties: { Role: { Ref: 'Shared' } } }
  const shared = { Type: 'AWS::IAM::Role', Properties: {} }
  const template: Resources = { OneLambdaFunction: lambda, Shared: shared }
  giveOwnRoles(template)
  expect(Object.keys(template)).toEqual(['OneLambdaFunction', 'OneOwnRole'])
  expect(JSON.stringify(template)).not.toContain('ec2:')
})

test('clocks are limited where the stage says so, and workers of queues everywhere', () => {
  const clocks = all('AWS::Events::Rule').flatMap(([, { Properties }]) =>
    (Properties.Targets as { Arn: unknown }[]).map(({ Arn }) => resources[targetOf(Arn) ?? '']),
  )
  expect(clocks.length).toBeGreaterThan(1)
  expect(clocks.filter((clock) => clock?.Properties.ReservedConcurrentExecutions !== 1)).toEqual([])
  const workers = all('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties)
  expect(workers.filter(({ ScalingConfig: limit }) => !limit)).toEqual([])
})

type Watched = { MetricName: string; Dimensions?: { Value: unknown }[] }
type Summed = { MetricStat?: { Metric: Watched } }

/** What the alarms on a metric watch, alone or summed, by its logical name. */
const alarmed = (metric: string) =>
  all('AWS::CloudWatch::Alarm')
    .flatMap(([, { Properties }]): Watched[] => [
      Properties as Watched,
      ...((Properties.Metrics as Summed[]) ?? []).flatMap(
        ({ MetricStat }) => MetricStat?.Metric ?? [],
      ),
    ])
    .filter(({ MetricName }) => MetricName === metric)
    .flatMap(({ Dimensions = [] }) => Dimensions)
    .map(({ Value }) => targetOf(Value) ?? Value)
    .sort()

test('the stack keeps below 500 resources, with room for a few more', () => {
  expect(Object.keys(resources).length).toBeLessThanOrEqual(490)
})

test('every queue has an alarm: dead letters when there is one, others when they fall behind', () => {
  const queues = all('AWS::SQS::Queue')
  const dead = queues.flatMap(([, { Properties }]) => {
    const policy = Properties.RedrivePolicy as { deadLetterTargetArn: unknown } | undefined
    return policy ? [targetOf(policy.deadLetterTargetArn)] : []
  })
  const names = queues.map(([name]) => name)
  expect(alarmed('ApproximateNumberOfMessagesVisible')).toEqual([...dead].sort())
  expect(alarmed('ApproximateAgeOfOldestMessage')).toEqual(
    names.filter((name) => !dead.includes(name)).sort(),
  )
})

test('every function that fails rings, so do throttles, answers of 5xx and the outbox', () => {
  expect(alarmed('Errors')).toEqual(
    functions()
      .map(([name]) => name)
      .sort(),
  )
  expect(alarmed('5xx')).toEqual(['HttpApi'])
  expect(alarmed('outboxDepth')).toEqual(['CatchUpLambdaFunction'])
  const alarms = all('AWS::CloudWatch::Alarm')
  expect(alarms.some(([, { Properties }]) => Properties.MetricName === 'Throttles')).toBe(true)
  const silent = alarms.filter(
    ([, { Properties: p }]) => targetOf((p.AlarmActions as unknown[])[0]) !== 'AlarmTopic',
  )
  expect(silent).toEqual([])
})

test('queues and buckets are encrypted, and nothing passes them without TLS', () => {
  const own = all('AWS::S3::Bucket').filter(([name]) => !name.startsWith('ServerlessDeployment'))
  for (const [name, { Properties }] of own) {
    expect([name, Properties]).toEqual([name, expect.objectContaining(bucketRules)])
  }
  const open = all('AWS::SQS::Queue').filter(
    ([, { Properties }]) => !Properties.SqsManagedSseEnabled,
  )
  expect(open).toEqual([])
  const guarded = ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy'].flatMap((type) =>
    all(type).flatMap(([, { Properties }]) => {
      const denies = (Properties.PolicyDocument as Policy['PolicyDocument']).Statement.some(
        ({ Effect, Condition }) =>
          Effect === 'Deny' && JSON.stringify(Condition).includes('"aws:SecureTransport":'),
      )
      const places = [Properties.Queues ?? Properties.Bucket].flat()
      return denies ? places.map((place) => targetOf(place)) : []
    }),
  )
  const places = [...all('AWS::SQS::Queue'), ...all('AWS::S3::Bucket')].map(([name]) => name)
  expect(guarded.sort()).toEqual(places.sort())
})

const bucketRules = {
  BucketEncryption: expect.anything(),
  OwnershipControls: expect.anything(),
  LifecycleConfiguration: expect.anything(),
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
}

test('cfn-lint finds no error, where it is installed', () => {
  const { error, status, stdout } = spawnSync(
    'cfn-lint',
    ['--non-zero-exit-code=none', '--', file],
    {
      encoding: 'utf8',
    },
  )
  if (error) return console.warn(`SKIPPED: cfn-lint does not run here (${error.message})`)
  expect([status, stdout.split('\n').filter((line) => /^E\d+/.test(line))]).toEqual([0, []])
})
