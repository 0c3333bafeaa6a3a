import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'

const slackOrigin = 'https://hooks.slack.com'
// Names of this machine and of its neighbourhood; others are judged by where they lead.
const localNames = /^(localhost|[^.]+|.+\.(localhost|local|internal|lan|home\.arpa))$/

/** The host of a URL as names and addresses are written elsewhere: no brackets, no last dot. */
export const hostOf = ({ hostname }: URL): string =>
  hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

/** Whether the configuration excepts this host from the rules; `allowed` holds host or host:port. */
export function isExcepted(url: URL, allowed: readonly string[]): boolean {
  const port = url.port || (url.protocol === 'http:' ? '80' : '443')
  const host = url.hostname.toLowerCase()
  return allowed.includes(host) || allowed.includes(`${host}:${port}`)
}

/**
 * Why nothing is sent to a URL, as far as its text tells, or null. What a name leads to is judged
 * when it is connected to.
 */
export function whyRefused(text: string, allowed: readonly string[]): string | null {
  const url = parsed(text)
  if (!url) return 'is no URL'
  if (url.username || url.password) return 'must hold no user and no password'
  if (isExcepted(url, allowed) && /^https?:$/.test(url.protocol)) return null
  if (url.protocol !== 'https:') return 'must begin with https://'
  if (url.port && Number(url.port) < 1024) return 'must name port 443, or one above 1023'
  const host = hostOf(url)
  const isPublic = isIP(host) ? isPublicAddress(host) : !localNames.test(host)
  return isPublic ? null : 'must lead to a host of the internet'
}

/** The same for an incoming webhook of Slack. */
export function whyRefusedBySlack(text: string, allowed: readonly string[]): string | null {
  const url = parsed(text)
  if (url && isExcepted(url, allowed)) return whyRefused(text, allowed)
  const isSlack = url?.origin === slackOrigin && /^\/services\/[\w/-]+$/.test(url.pathname)
  if (!isSlack || url.username || url.password) return `must begin with ${slackOrigin}/services/`
  return null
}

const parsed = (text: string): URL | null => {
  // The parser forgives blanks and line ends; who reads the text elsewhere may not.
  if (/[\s\p{Cc}\\]/u.test(text)) return null
  return URL.canParse(text) ? new URL(text) : null
}
