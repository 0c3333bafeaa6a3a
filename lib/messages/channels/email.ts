import { SendEmailCommand } from '@aws-sdk/client-sesv2'
import { ses } from '../../clients/ses.ts'
import { config } from '../../config.ts'
import type { Message, Outcome, Rendered, Target } from '../channel.ts'
import { deliveryKey } from './delivery-key.ts'
import { sentBy } from './provider.ts'

type EmailTarget = Extract<Target, { kind: 'email' }>
type Letter = Extract<Rendered, { kind: 'email' }>

const longestSubject = 200
const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' })

/** Sends a letter as HTML and as text. */
export function sendEmail(
  { address }: EmailTarget,
  { dedupeKey }: Message,
  { subject, html, text }: Letter,
  abortSignal: AbortSignal,
): Promise<Outcome> {
  const command = new SendEmailCommand({
    FromEmailAddress: config('mail').MAIL_FROM,
    Destination: { ToAddresses: [address] },
    Content: {
      Simple: {
        Subject: utf8(subjectLine(subject)),
        Body: { Html: utf8(html), Text: utf8(text) },
        Headers: [{ Name: 'X-Turnout-Dedupe', Value: deliveryKey(dedupeKey) }],
      },
    },
  })
  return sentBy(() => ses().send(command, { abortSignal }))
}

/**
 * One line, of 200 characters at most, without what ends it or turns its direction; the letter
 * itself has all of it.
 */
function subjectLine(subject: string): string {
  const line = subject
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim()
  const characters = [...line]
  if (characters.length <= longestSubject) return line
  return `${characters.slice(0, longestSubject - 1).join('')}…`
}
