import type { Target } from './channel.ts'

/** What is told of a target, so that who made it knows it again: its host, or its last characters. */
export function hintOf(target: Target): string {
  switch (target.kind) {
    case 'email':
      return `…@${target.address.split('@').at(-1) ?? ''}`
    case 'sms':
      return `…${target.number.slice(-4)}`
    case 'push':
      return `…${target.endpointArn.slice(-4)}`
    default:
      return URL.parse(target.url)?.host ?? ''
  }
}
