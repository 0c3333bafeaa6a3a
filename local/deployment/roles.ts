import { ofType, type Resource, type Resources, targetOf } from './template.ts'

type Policy = { PolicyName: string; PolicyDocument: object }
type Statement = { Effect: 'Allow'; Action: string[]; Resource: unknown }

/**
 * Gives every function a role of its own with the rights of the role it names, and narrows what
 * all of them may: write the function's own log, tell X-Ray, and join the network it is put into.
 */
export function giveOwnRoles(resources: Resources) {
  const shared = new Set<string>()
  for (const [name, lambda] of ofType(resources, 'AWS::Lambda::Function')) {
    const roleName = targetOf(lambda.Properties.Role)
    const role = roleName === undefined ? undefined : resources[roleName]
    if (!roleName || !role) throw new Error(`${name} names no role of serverless.yml`)
    shared.add(roleName)
    const base = name.replace(/LambdaFunction$/, '')
    const own = `${base}OwnRole`
    resources[own] = ownRole(role, `${base}LogGroup`, lambda)
    lambda.Properties.Role = { 'Fn::GetAtt': [own, 'Arn'] }
  }
  for (const name of shared) delete resources[name]
  // A function waits for its role because it names it.
  for (const resource of Object.values(resources)) {
    if (resource.DependsOn === undefined) continue
    const left = [resource.DependsOn].flat().filter((name) => !shared.has(name))
    if (left.length > 0) resource.DependsOn = left
    else delete resource.DependsOn
  }
}

function ownRole(shared: Resource, logGroup: string, { Properties }: Resource): Resource {
  const { AssumeRolePolicyDocument, Policies = [] } = shared.Properties
  const runs = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], { 'Fn::GetAtt': [logGroup, 'Arn'] }),
    // Neither X-Ray nor network interfaces can be named beforehand.
    allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
    ...(Properties.VpcConfig ? [allow(networkActions, '*')] : []),
  ]
  const PolicyDocument = { Version: '2012-10-17', Statement: runs }
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument,
      Policies: [{ PolicyName: 'run', PolicyDocument }, ...(Policies as Policy[])],
    },
  }
}

const networkActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

const allow = (Action: string[], Resource: unknown): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
})
