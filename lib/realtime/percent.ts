/** A part in percent of a whole, to twelve digits: no 238.01999999999998. */
export const percentOf = (part: number, whole: number): number =>
  Number(((part / whole) * 100).toPrecision(12))
