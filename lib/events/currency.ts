const active =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD ' +
  'CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP ' +
  'GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR ' +
  'KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN ' +
  'MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD ' +
  'SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX ' +
  'USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG'

// Withdrawn since 2010; no event is too old, so an import of those years may still speak of them.
const withdrawn = 'ANG BGN BYR CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL'

const currencies = new Set(`${active} ${withdrawn}`.split(' '))

const exponents = new Map<string, number>([
  ...exponentOf(0, 'BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...exponentOf(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...exponentOf(4, 'CLF UYW'),
])

/** No currency of ISO 4217 has more decimals than this. */
export const largestExponent = 4

/** Whether the text is an ISO 4217 code of money that people pay with (upper case). */
export const isCurrency = (code: string): boolean => currencies.has(code)

/** How many decimals the currency has: 0 for JPY, 3 for KWD, else mostly 2. */
export const currencyExponent = (currency: string): number => exponents.get(currency) ?? 2

const decimalPattern = /^([+-]?)(\d{1,40})(?:\.(\d{1,400}))?(?:[eE]([+-]?\d{1,3}))?$/

/**
 * A decimal in major units (its text, or a number by its shortest text) as minor units, half away
 * from zero; undefined when it is no decimal or its size is beyond any amount.
 */
export function minorUnits(amount: string | number, exponent: number): bigint | undefined {
  const parts = decimalPattern.exec(String(amount).trim())
  if (!parts) return undefined
  const [, sign, whole = '', fraction = '', power = '0'] = parts
  const shift = exponent + Number(power) - fraction.length
  if (shift > 60) return undefined
  const digits = BigInt(whole + fraction)
  const minor = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedQuotient(digits, -shift)
  return sign === '-' ? -minor : minor
}

function roundedQuotient(digits: bigint, decimals: number): bigint {
  const divisor = 10n ** BigInt(decimals)
  return (digits + divisor / 2n) / divisor
}

function exponentOf(exponent: number, codes: string): [string, number][] {
  return codes.split(' ').map((code) => [code, exponent])
}

/** The currencies that have other than two decimals, by how many they have. */
export const currenciesByExponent = (): [exponent: number, codes: string[]][] =>
  [...Map.groupBy(exponents, ([, exponent]) => exponent)].map(([exponent, pairs]) => [
    exponent,
    pairs.map(([code]) => code),
  ])
