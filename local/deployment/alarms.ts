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

// So many metrics an alarm may add up; a stack has 500 resources at most, and functions are many.
const mostMetrics = 10

/** Alarms for functions that fail, ten of them each, for each dead letter, and each queue that falls behind. */
export function addAlarms(resources: Resources, topic: string) {
  const queues = ofType(resources, 'AWS::SQS::Queue')
  const deadLetters = new Set(queues.map(([, queue]) => deadLettersOf(queue)))
  for (const [name] of queues) {
    const dimension: Watch['dimension'] = ['QueueName', { 'Fn::GetAtt': [name, 'QueueName'] }]
    const watch = deadLetters.has(name) ? watchDeadLetters : watchAge
    resources[`${name}Alarm`] = alarm(watch(name, dimension), topic)
  }
  const functions = ofType(resources, 'AWS::Lambda::Function').map(([name]) => name)
  for (let i = 0; i < functions.length; i += mostMetrics) {
    const some = functions.slice(i, i + mostMetrics)
    resources[`FunctionErrors${i / mostMetrics + 1}Alarm`] = errorsAlarm(some, topic)
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

function errorsAlarm(functions: string[], topic: string): Resource {
  const names = functions.map((name) => name.replace(/LambdaFunction$/, '')).join(', ')
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: `A function crashed or ran out of time; its log tells why: ${names}.`,
      Metrics: [
        { Id: 'errors', Expression: 'SUM(FILL(METRICS(), 0))', ReturnData: true },
        ...functions.map((name, i) => ({
          Id: `m${i}`,
          ReturnData: false,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName: 'Errors',
              Dimensions: [{ Name: 'FunctionName', Value: { Ref: name } }],
            },
            ...{ Period: 300, Stat: 'Sum' },
          },
        })),
      ],
      ...{ EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
      ...ringing(topic),
    },
  }
}

const ringing = (topic: string) => ({
  // Nobody called, nothing waits.
  TreatMissingData: 'notBreaching',
  AlarmActions: [{ Ref: topic }],
  OKActions: [{ Ref: topic }],
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
      ...ringing(topic),
    },
  }
}

function deadLettersOf({ Properties }: Resource): string | undefined {
  const policy = Properties.RedrivePolicy as { deadLetterTargetArn?: unknown } | undefined
  return targetOf(policy?.deadLetterTargetArn)
}
