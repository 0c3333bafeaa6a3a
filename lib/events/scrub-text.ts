import { isIPv6 } from 'node:net'
import { tells } from './personal-keys.ts'
import { removed, scrubPairs } from './scrub-pairs.ts'
import { mayHoldSecret, scrubSecrets } from './scrub-secrets.ts'

// Every repetition is bounded, so that no text makes an expression slow.
const email =
  /[\p{L}\p{N}._%+'!#$*^`{|}~-]{1,64}(?:[@＠]|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/giu
const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
// A letter v before it makes it the number of a version.
const ipv4 = new RegExp(`(?<![0-9.]|\\bv)(?:${octet}\\.){3}${octet}(?![0-9A-Za-z]|\\.\\d)`, 'gi')
const ipv6Run = /(?=[0-9a-f]{0,4}:[0-9a-f]{0,4}:)[0-9a-f:.]{3,60}/gi
const gap = '(?:%20|[ ().\\-/\\u00a0]){0,3}'
const internationalPhone = new RegExp(
  `(?<!\\d)(?:\\+|%2b)${gap}\\d(?:${gap}\\d){6,14}(?!\\d)`,
  'gi',
)
const localPhone = /(?<![\w.+-])(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g
const queryPair = /([?&;])([\w.\-[\]%]{1,60})=([^&;#\s"'<>]+)/g

const barePair = /(?<![\w-])([A-Za-z][\w.-]{1,40})(\s{0,3}[=:]\s{0,3})([^&,;\n\r"'<>{}]{1,300})/g
const markup = /<([\w:.-]{1,60})([^<>]{0,300})>([^<]{1,1000})/g

const suspicious = /[@＠+?&;"]|%40|%2b|\d\.\d|:[^:]*:|\d[ .)-]\d/i

// Most texts with colons are times; this spares each of them 2 µs.
const time = /^\d{4}-\d\d-\d\dt[\d:.]{5,18}(?:z|[+-]\d\d:\d\d)$/i

/**
 * The text with e-mail addresses, telephone numbers, IP addresses, numbers of cards, passwords and
 * tokens taken out of it.
 */
export function scrubValue(text: string): string {
  const isClean = time.test(text) || !(suspicious.test(text) || mayHoldSecret(text))
  return isClean ? text : untilStable(text, scrubValueOnce)
}

/** The same for text of an unknown form, such as broken JSON: what its pairs name is taken out. */
export function scrubText(text: string): string {
  const readable = text
    .replaceAll('\0', '')
    .toWellFormed()
    .replace(/\\u00([2-7][0-9a-f])/gi, decoded)
  return untilStable(readable, scrubTextOnce)
}

// What one pass takes out can lay open something else; every pass leaves fewer digits and signs.
function untilStable(text: string, pass: (text: string) => string): string {
  let before = text
  for (let passes = 0; passes < 20; passes += 1) {
    const after = pass(before)
    if (after === before) return after
    before = after
  }
  return before
}

function scrubValueOnce(text: string): string {
  return scrubSecrets(scrubPairs(text))
    .replace(queryPair, (pair, sign, key) => (tells(key) ? `${sign}${key}=${removed}` : pair))
    .replace(email, '[email]')
    .replace(ipv6Run, withoutIpv6)
    .replace(ipv4, '[ip]')
    .replace(internationalPhone, '[phone]')
    .replace(localPhone, '[phone]')
}

function scrubTextOnce(text: string): string {
  return scrubValueOnce(text)
    .replace(barePair, (pair, key, sign) => (tells(key) ? `${key}${sign}${removed}` : pair))
    .replace(markup, (all, tag, rest) => (tells(tag) ? `<${tag}${rest}>${removed}` : all))
}

function withoutIpv6(run: string, start: number, text: string): string {
  const goesOn = /[0-9a-z_]/i
  const follows = goesOn.test(text[start - 1] ?? '')
  if ((follows && !run.startsWith(':')) || goesOn.test(text[start + run.length] ?? '')) return run
  const [, before = '', inner = '', after = ''] = /^(:?)(.*?)([:.]?)$/s.exec(run) ?? []
  if (!/[0-9a-f]/i.test(inner)) return run
  if (!follows && isIPv6(run)) return '[ip]'
  if (!follows && isIPv6(`${before}${inner}`)) return `[ip]${after}`
  if (isIPv6(`${inner}${after}`)) return `${before}[ip]`
  return isIPv6(inner) ? `${before}[ip]${after}` : run
}

function decoded(written: string, code: string): string {
  const character = String.fromCharCode(Number.parseInt(code, 16))
  return character === '"' || character === '\\' || character === '\x7f' ? written : character
}
