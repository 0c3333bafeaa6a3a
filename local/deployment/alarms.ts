import { ofType, type Resource, type Resources, targetOf } from './template.ts'

type Watch = {
  description: string
  namespace: string
  metric: string
  dimension: [name: string, value: unknown]
  statistic: 'Sum' | 'Maximum'
  /** The alarm rings above it. */
  above: number
  /** In how many periods of five minutes, one after the other. */
  periods: number
}

// Half an hour of events is late, five minutes of it is news.
const oldestSeconds = 300

/** An alarm for each function that fails, each dead letter, and each queue that falls behind. */
export function addAlarms(resources: Resources, topic: string) {
  const queues = ofType(resources, 'AWS::SQS::Queue')
  const deadLetters = new Set(queues.map(([, queue]) => deadLettersOf(queue)))
  for (const [name] of queues) {
    const dimension: Watch['dimension'] = ['QueueName', { 'Fn::GetAtt': [name, 'QueueName'] }]
    const watch = deadLetters.has(name) ? watchDeadLetters : watchAge
    resources[`${name}Alarm`] = alarm(watch(name, dimension), topic)
  }
  for (const [name] of ofType(resources, 'AWS::Lambda::Function')) {
    const dimension: Watch['dimension'] = ['FunctionName', { Ref: name }]
    resources[`${name.replace(/LambdaFunction$/, '')}ErrorsAlarm`] = alarm(
      {
        ...{ dimension, namespace: 'AWS/Lambda', metric: 'Errors', statistic: 'Sum' },
        ...{ above: 0, periods: 1 },
        description: `${name} crashed or ran out of time; its log tells why.`,
      },
      topic,
    )
  }
}

const watchDeadLetters = (name: string, dimension: Watch['dimension']): Watch => ({
  ...{ dimension, namespace: 'AWS/SQS', metric: 'ApproximateNumberOfMessagesVisible' },
  ...{ statistic: 'Maximum', above: 0, periods: 1 },
  description: `${name} has messages that failed twenty times; they return when the stores do.`,
})

const watchAge = (name: string, dimension: Watch['dimension']): Watch => ({
  ...{ dimension, namespace: 'AWS/SQS', metric: 'ApproximateAgeOfOldestMessage' },
  ...{ statistic: 'Maximum', above: oldestSeconds, periods: 1 },
  description: `The oldest message of ${name} is older than ${oldestSeconds} s: numbers are late.`,
})

function alarm(watch: Watch, topic: string): Resource {
  const [Name, Value] = watch.dimension
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: watch.description,
      Namespace: watch.namespace,
      MetricName: watch.metric,
      Dimensions: [{ Name, Value }],
      Statistic: watch.statistic,
      Period: 300,
      EvaluationPeriods: watch.periods,
      Threshold: watch.above,
      ComparisonOperator: 'GreaterThanThreshold',
      // Nobody called, nothing waits.
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: topic }],
      OKActions: [{ Ref: topic }],
    },
  }
}

function deadLettersOf({ Properties }: Resource): string | undefined {
  const policy = Properties.RedrivePolicy as { deadLetterTargetArn?: unknown } | undefined
  return targetOf(policy?.deadLetterTargetArn)
}
