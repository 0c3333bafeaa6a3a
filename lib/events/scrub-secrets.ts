// Every repetition is bounded, so that no text makes an expression slow.
const credentials = /\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/@:"'\\]{0,200}:[^\s/@"'\\]{1,300}@/gi
const jwt = /(?<![\w-])eyJ[\w-]{5,4000}\.[\w-]{2,8000}\.[\w-]{0,2000}/g
const scheme = /\b(bearer|basic)((?:\s|%20|\+){1,3})[\w.~+/=-]{16,4000}/gi
const named =
  /\b((?:api|access|secret|private)[_ -]?key|passw(?:or)?d|passwort|pwd|secret|token)(\s{0,3}[=:]\s{0,3})(?!\[)[^\s,;&"'<>\\]{1,300}/gi
const digits = /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)/g

/** What networks of cards begin their numbers with, and how long these are. */
const cards =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|4[4-9]\d|5\d\d)\d{12})$/

/** Whether a text may hold a secret or the number of a card. */
export const mayHoldSecret = (text: string): boolean =>
  /:\/\/|eyJ|bearer|basic|key|pass|pwd|secret|token|\d[ -]?\d{3,5}[ -]?\d{4}/i.test(text)

/** The text without passwords, keys, tokens and the numbers of payment cards. */
export const scrubSecrets = (text: string): string =>
  text
    .replace(credentials, '$1[removed]@')
    .replace(jwt, '[token]')
    .replace(scheme, '$1$2[token]')
    .replace(named, '$1$2[removed]')
    .replace(digits, (number) => (isCard(number.replace(/[ -]/g, '')) ? '[card]' : number))

function isCard(number: string): boolean {
  if (!cards.test(number)) return false
  // Luhn: every second digit from the right counts twice, its own digits added up.
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
