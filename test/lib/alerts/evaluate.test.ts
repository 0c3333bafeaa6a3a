import { endOf, play, ruleOf, start } from './sequences.ts'

const at = (text: string) => Date.parse(text)
const pct = (op: string) => ({ condition: { op: `change_pct_${op}`, value: 20 } })

// i inactive, p pending, F firing, r recovering; ! tells that it fires, . that it is over.
const sequences: [name: string, rule: object, ticks: string, states: string][] = [
  // The way through.
  ['below the threshold nothing happens', {}, '1 5 10', 'i i i'],
  ['above it fires at once where nothing is to be waited for', {}, '11 12', 'F! F'],
  ['it recovers at once where nothing is to be waited for', {}, '11 3', 'F! i.'],
  ['it fires again as another after it was over', {}, '11 3 11 3', 'F! i. F! i.'],
  ['it waits for its time', { for: '2m' }, '11 11 11 11', 'p p F! F'],
  ['grafana#46912: a good tick within the time begins it anew', { for: '2m' }, '11 11 5 11 11 11', 'p p i p p F!'],
  ['a pending one is never told', { for: '5m' }, '11 11 11 5 5', 'p p p i i'],
  ['a missed tick is time that has passed', { for: '5m' }, '11 >10m 11', 'p F!'],
  ['it keeps firing for a time after it was last so', { keepFiringFor: '2m' }, '11 5 5 5', 'F! r r i.'],
  ['it resumes without a word', { keepFiringFor: '2m' }, '11 5 11 5 5 5', 'F! r F r r i.'],
  ['one that goes up and down is one', { keepFiringFor: '5m' }, '11 5 11 5 11 5 11 5 5 5 5 5 5', 'F! r F r F r F r r r r r i.'],
  // A threshold of its own for the recovery.
  ['between the thresholds it keeps firing', { recovery: { value: 8 } }, '11 9 9 8', 'F! F F i.'],
  ['between the thresholds nothing begins', { recovery: { value: 8 } }, '9 9 10', 'i i i'],
  ['between them the time of the recovery begins anew', { recovery: { value: 8 }, keepFiringFor: '2m' }, '11 7 9 7 7 7', 'F! r r r i. i'],
  ['too little recovers above its own', { condition: { op: 'lt', value: 5 }, recovery: { value: 7 } }, '4 6 7', 'F! F i.'],
  ['outside recovers further inside', { condition: { op: 'outside', values: [2, 9] }, recovery: { values: [4, 7] } }, '1 3 5', 'F! F i.'],
  // Each operator.
  ['gt', {}, '10 11', 'i F!'],
  ['gte', { condition: { op: 'gte', value: 10 } }, '9 10', 'i F!'],
  ['lt', { condition: { op: 'lt', value: 10 } }, '10 9', 'i F!'],
  ['lte', { condition: { op: 'lte', value: 10 } }, '11 10', 'i F!'],
  ['eq', { condition: { op: 'eq', value: 10 } }, '9 10 11', 'i F! i.'],
  ['neq', { condition: { op: 'neq', value: 10 } }, '10 11 10', 'i F! i.'],
  ['between holds its ends', { condition: { op: 'between', values: [2, 4] } }, '1 2 4 5', 'i F! F i.'],
  ['outside does not', { condition: { op: 'outside', values: [2, 4] } }, '2 1 4 5', 'i F! i. F!'],
  ['change_pct_gt', pct('gt'), '12/10 13/10', 'i F!'],
  ['change_pct_lt', { condition: { op: 'change_pct_lt', value: -20 } }, '8/10 7/10', 'i F!'],
  ['a change of what is negative counts from its size', pct('gt'), '-9/-10 -7/-10', 'i F!'],
  ['absent', { condition: { op: 'absent' } }, '5 _ 5', 'i F! i.'],
  ['absent holds where nothing can be measured, too', { condition: { op: 'absent' } }, '5 -', 'i F!'],
  ['nothing is less than one', { condition: { op: 'lt', value: 1 } }, '3 _', 'i F!'],
  // No number is no alert.
  ['L7: a change without a base is no data', { ...pct('gt'), noData: { for: '1h' } }, '13/0 13/-', 'i i'],
  ['L7: what is no number is no data', {}, 'NaN NaN', 'i i'],
  ['L7: a hole does not end what fires at once', {}, '11 - - 11', 'F! F F F'],
  ['grafana#31390: no data has a time of its own', { for: '0s', noData: { policy: 'alert', for: '2m' } }, '- - - -', 'i i F! F'],
  ['grafana#89982: which is not the time of the condition', { for: '1h', noData: { policy: 'alert', for: '1m' } }, '- - -', 'i F! F'],
  ['grafana#16290: one hole is no alert', { noData: { policy: 'alert', for: '2m' } }, '5 - 5 - 5', 'i i i i i'],
  ['grafana#82989: any number begins its time anew', { noData: { policy: 'alert', for: '2m' } }, '- - 5 - - -', 'i i i i i F!'],
  ['grafana#29397: an error has that time, too', { noData: { policy: 'alert', for: '2m' } }, '! ! ! 5', 'i i F! i.'],
  ['no data that is well ends what fired, after its time', { noData: { policy: 'ok', for: '2m' } }, '11 - - -', 'F! F F i.'],
  ['no data that is kept keeps it', { noData: { policy: 'keep_last', for: '1m' } }, '11 - - - -', 'F! F F F F'],
  ['an error keeps what fires, whatever no data does', { noData: { policy: 'ok', for: '1m' } }, '11 ! ! !', 'F! F F F'],
  ['what fires without data goes on with its number', { noData: { policy: 'alert', for: '0s' } }, '- 11 5', 'F! F i.'],
  ['a hole holds what is pending, and its time goes on', { for: '2m', noData: { for: '1h' } }, '11 - 11', 'p p F!'],
  // Days and hours.
  ['outside its hours nothing begins', { schedule: { from: '17:00', to: '18:00' } }, '11 >59m 11 >61m 11', 'i i i'],
  ['within them it does', { schedule: { from: '16:00', to: '18:00' } }, '11', 'F!'],
  ['what is pending as they end is dropped', { for: '3m', schedule: { from: '15:00', to: '16:02' } }, '11 11 11 11', 'p p i i'],
  ['what fires as they end may recover', { schedule: { from: '15:00', to: '16:01' } }, '11 11 5', 'F! F i.'],
  ['hours over midnight are of the day they begin on', { schedule: { days: ['sun'], from: '22:00', to: '17:00' } }, '11', 'F!'],
  ['and of no other', { schedule: { days: ['mon'], from: '22:00', to: '17:00' } }, '11', 'i'],
  // Mute windows and silences.
  ['grafana#50266: muted as it begins, it is told at the end', {}, '11~ 11~ 11', 'F F F!'],
  ['grafana#73912: over before the end, nobody is told of either', {}, '11~ 5~ 5', 'F i i'],
  ['alertmanager#3367: what was told is told to be over though muted', {}, '11 11~ 5~', 'F! F i.'],
  ['grafana#87007: told once, however often it is muted', {}, '11 11~ 11 11~ 11', 'F! F F F F'],
  ['what recovers as the mute ends is not told to fire', { keepFiringFor: '2m' }, '11~ 5 5 5', 'F r r i'],
  ['what resumes after the mute is', { keepFiringFor: '2m' }, '11~ 5 11', 'F r F!'],
  // Stale data.
  ['stale data begin nothing', {}, '11? 11?', 'i i'],
  ['stale data end nothing', {}, '11 5? 5? 5', 'F! F F i.'],
  ['what is pending begins anew after them', { for: '1m' }, '11 11? 11 11', 'p i p F!'],
  ['a recovery begins anew after them', { keepFiringFor: '2m' }, '11 5 5? 5 5 5', 'F! r r r i. i'],
  ['the age of the data itself is never stale', { query: { metric: 'data_age_seconds', window: '1m' } }, '11?', 'F!'],
] // biome-ignore format: a table reads better in rows

test.each(sequences)('%s', (_, rule, ticks, states) => {
  expect(play(ruleOf(rule), ticks)).toBe(states)
})

test('there are at least 40 sequences', () => expect(sequences.length).toBeGreaterThanOrEqual(40))

test.each([
  // Clocks go forward at 02:00 and back at 03:00 in Madrid.
  ['the night that lacks an hour', '2026-03-29T00:59:00Z', 'i F! F'],
  ['the night that has one twice', '2026-10-25T00:59:00Z', 'F! F F'],
])('hours are those that the clocks show in %s', (_, from, states) => {
  // 02:59 in the second night; 01:59, then 03:00 in the first.
  const schedule = { tz: 'Europe/Madrid', days: ['sun'], from: '02:30', to: '03:30' }
  expect(play(ruleOf({ schedule }), '11 11 11', at(from))).toBe(states)
})

test('60 ticks above the threshold are one that has fired, with 60 triggers', () => {
  const rule = ruleOf({ for: '5m' })
  const told = play(rule, Array.from({ length: 60 }, () => '11').join(' '))
  expect(told.match(/!/g)).toHaveLength(1)
  expect(
    endOf(
      rule,
      Array.from({ length: 60 }, () => 11),
    ),
  ).toMatchObject({
    status: 'firing',
    breaches: 60,
    isTold: true,
  })
})

test('60 ticks up and down are one alert and one recovery, as rules are where nothing is said', () => {
  const rule = ruleOf({ keepFiringFor: undefined })
  const ticks = [...Array.from({ length: 60 }, (_, i) => (i % 2 ? '5' : '11')), ...'555555']
  const told = play(rule, ticks.join(' '))
  expect([told.match(/!/g)?.length, told.match(/\./g)?.length]).toEqual([1, 1])
})

test('what fires and is told has its cause and its number', () => {
  expect(endOf(ruleOf(), [11])).toMatchObject({ cause: 'condition', value: 11, since: start })
  const rule = ruleOf({ noData: { policy: 'alert', for: '0s' } })
  expect(endOf(rule, [11, null])).toMatchObject({ cause: 'no_data', value: 11, status: 'firing' })
})
