/** digits × 10^-scale: money and quantities never pass through a floating-point number. */
export type Decimal = Readonly<{ digits: bigint; scale: number }>

/** What rounding to the minor unit did: `moved` is the rounded amount minus the exact one. */
export type Rounded = { minor: bigint; moved: Decimal }

export const zero: Decimal = { digits: 0n, scale: 0 }

const longestSlug = 64

const decimalPattern =
  /^(\()?([+-])?\s?[$£€¥]?\s?([+-])?(\d{1,3}(?:,\d{3})+|\d{0,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?(\))?$/

/** The text as an id: no marks, lower case, `-` for every run of what is not a–z or 0–9. */
export function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, longestSlug)
}

/**
 * A decimal as files write it: `1737`, `$1,234.50`, `-$4`, `($5.00)` for minus five, `1e+05`;
 * undefined for anything else, a decimal comma and `NA` included.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const match = decimalPattern.exec(text.trim())
  if (!match) return undefined
  const [, open, before, after, whole = '', fraction = '', power = '0', close] = match
  if (Boolean(open) !== Boolean(close) || (before && after)) return undefined
  if (whole === '' && fraction === '') return undefined
  const size = BigInt(whole.replaceAll(',', '') + fraction)
  const isNegative = (open !== undefined) !== ((before ?? after) === '-')
  return rescaled(isNegative ? -size : size, fraction.length - Number(power))
}

/** The product, exactly. */
export const multiply = (a: Decimal, b: Decimal): Decimal => ({
  digits: a.digits * b.digits,
  scale: a.scale + b.scale,
})

/** The sum, exactly. */
export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { digits: digitsAt(a, scale) + digitsAt(b, scale), scale }
}

export const negate = ({ digits, scale }: Decimal): Decimal => ({ digits: -digits, scale })

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compare(a: Decimal, b: Decimal): number {
  const { digits } = add(a, negate(b))
  return digits < 0n ? -1 : Number(digits > 0n)
}

/** An amount in major units in minor ones (`exponent` decimals), half away from zero. */
export function toMinor(amount: Decimal, exponent: number): Rounded {
  if (amount.scale <= exponent) return { minor: digitsAt(amount, exponent), moved: zero }
  const divisor = 10n ** BigInt(amount.scale - exponent)
  const size = amount.digits < 0n ? -amount.digits : amount.digits
  const rounded = (size + divisor / 2n) / divisor
  const minor = amount.digits < 0n ? -rounded : rounded
  return { minor, moved: add({ digits: minor, scale: exponent }, negate(amount)) }
}

/** Plain decimal text without needless zeros: `-0.001`. */
export function formatDecimal({ digits, scale }: Decimal): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const whole = text.slice(0, text.length - scale)
  const fraction = text.slice(text.length - scale).replace(/(?<!0)0+$/, '')
  return `${digits < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`
}

const digitsAt = ({ digits, scale }: Decimal, wanted: number): bigint =>
  digits * 10n ** BigInt(wanted - scale)

const rescaled = (digits: bigint, scale: number): Decimal =>
  scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
