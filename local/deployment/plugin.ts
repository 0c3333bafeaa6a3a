import { addAlarms } from './alarms.ts'
import { giveOwnRoles } from './roles.ts'
import { ofType, type Resources, targetOf } from './template.ts'

type Deployment = { subnets: string; securityGroups: string; clocks: string; alarms: string }
type Provider = {
  vpc?: { securityGroupIds: string[]; subnetIds: string[] }
  compiledCloudFormationTemplate: { Resources: Resources }
}
type Framework = { service: { provider: Provider; custom: { deployment: Deployment } } }

/**
 * Serverless plugin: what every function and every queue of the template gets alike, so that
 * serverless.yml need not say it of each: a network where the stage has one, a role of its own,
 * an alarm, and for a clock a limit.
 */
export default class DeploymentPlugin {
  hooks: Record<string, () => void>

  constructor({ service }: Framework) {
    // Variables are filled in by the time of a hook, not yet here.
    const { provider, custom } = service
    this.hooks = {
      'before:package:initialize': () => joinNetwork(provider, custom.deployment),
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { Resources } = provider.compiledCloudFormationTemplate
        giveOwnRoles(Resources)
        addAlarms(Resources, custom.deployment.alarms)
        limitClocks(Resources, custom.deployment)
      },
    }
  }
}

function joinNetwork(provider: Provider, { subnets, securityGroups }: Deployment) {
  if (!subnets && !securityGroups) return
  if (!subnets || !securityGroups) throw new Error('subnets and securityGroups go together')
  provider.vpc = { subnetIds: subnets.split(','), securityGroupIds: securityGroups.split(',') }
}

/** Reserves concurrency for the functions of schedules: no more of them run at once. */
function limitClocks(resources: Resources, { clocks }: Deployment) {
  if (!clocks) return
  for (const [, { Properties }] of ofType(resources, 'AWS::Events::Rule')) {
    for (const { Arn } of Properties.Targets as { Arn: unknown }[]) {
      const clock = resources[targetOf(Arn) ?? '']
      if (clock) clock.Properties.ReservedConcurrentExecutions = Number(clocks)
    }
  }
}
