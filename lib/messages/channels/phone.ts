import { PublishCommand } from '@aws-sdk/client-sns'
import { sns } from '../../clients/sns.ts'
import type { Message, Outcome, Rendered, Target } from '../channel.ts'
import { deliveryKey } from './delivery-key.ts'
import { sentBy } from './provider.ts'

type PhoneTarget = Extract<Target, { kind: 'sms' | 'push' }>
type Note = Extract<Rendered, { kind: 'sms' | 'push' }>

// SNS refuses what is longer.
const longestSms = 1600
const string = (StringValue: string) => ({ DataType: 'String', StringValue })

/** Sends a note to a phone: as an SMS to a number, or as a push to an endpoint of an app. */
export function sendToPhone(
  target: PhoneTarget,
  { dedupeKey }: Message,
  { text }: Note,
  abortSignal: AbortSignal,
): Promise<Outcome> {
  const where =
    target.kind === 'sms' ? { PhoneNumber: target.number } : { TargetArn: target.endpointArn }
  const command = new PublishCommand({
    ...where,
    Message: target.kind === 'sms' ? shortened(text) : text,
    MessageAttributes: {
      'turnout-dedupe': string(deliveryKey(dedupeKey)),
      ...(target.kind === 'sms' && { 'AWS.SNS.SMS.SMSType': string('Transactional') }),
    },
  })
  return sentBy(() => sns().send(command, { abortSignal }))
}

const shortened = (text: string): string => {
  const characters = [...text]
  if (characters.length <= longestSms) return text
  return `${characters.slice(0, longestSms - 1).join('')}…`
}
