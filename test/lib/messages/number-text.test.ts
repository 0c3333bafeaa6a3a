import { readNumbers } from '../../../lib/messages/number-text.ts'

test.each([
  ['de', '1,234.500 KWD', '1.234,500 KWD'],
  ['en', '1,234.500 KWD', '1,234.500 KWD'],
  ['it', '5,000 JPY', '5.000 JPY'],
  ['fr', '12.5 % (-50 %)', '12,5 % (-50 %)'],
  ['nl', '< 5, > 10', '< 5, > 10'],
  ['de', '< 1,000, > 2,000,000.25', '< 1.000, > 2.000.000,25'],
  ['pt', '–', '–'],
] as const)('in %s %s is read as %s', (locale, text, read) => {
  expect(readNumbers(text, locale)).toBe(read)
})
