import type { Tx } from '../clients/postgres.ts'
import type { Written } from '../messages/write.ts'
import { type Evaluated, type GroupState, keyOf } from './state.ts'
import { type Telling, tell } from './tell.ts'
import { thresholdText } from './threshold.ts'
import { type EnabledRule, type HistoryEntry, type KeptState, type NewInstance, noteEvaluated, openInstances, type Step, stepInstances, writeHistory, writeStates } from './tick-store.ts' // biome-ignore format: one line

/** A rule as a tick has judged it. */
export type Judged = {
  rule: EnabledRule
  /** What was remembered of its groups, by their keys. */
  known: Map<string, GroupState>
  groups: Evaluated[]
  isWithoutData: boolean
  isStale: boolean
  fault: string | null
}

type Group = Evaluated & { judged: Judged; key: string }

/** Writes what a tick has found, in a constant number of statements, and the messages that it makes. */
export async function write(
  tx: Tx,
  venueId: string,
  tick: Date,
  judged: Judged[],
): Promise<{ written: Written[]; isNews: boolean }> {
  if (judged.length === 0) return { written: [], isNews: false }
  const groups = judged.flatMap((one) =>
    one.groups.map((group) => ({ ...group, judged: one, key: keyOf(group.state.labels) })),
  )
  const fired = groups.filter(hasFired)
  const open = groups.filter(isOpen)
  const [opened, stepped] = await Promise.all([
    fired.length > 0 ? openInstances(tx, venueId, tick, fired.map(instanceOf)) : [],
    open.length > 0 ? stepInstances(tx, venueId, tick, open.map(stepOf)) : [],
    writeStates(tx, venueId, changedStates(groups), forgottenStates(judged)),
    noteEvaluated(tx, venueId, tick, judged.map(noteOf)),
  ])
  const idOf = new Map(
    [...stepped, ...opened].map((one) => [`${one.alertId} ${one.key}`, { stepsDone: 0, ...one }]),
  )
  const found = groups.flatMap((group) => {
    const instance = idOf.get(`${group.judged.rule.id} ${group.key}`)
    return instance ? [{ group, instance }] : []
  })
  const entries = found.flatMap(({ group, instance }) => entriesOf(group, instance.id))
  if (entries.length > 0) await writeHistory(tx, venueId, tick, entries)
  const tellings = found.flatMap(({ group, instance }): Telling[] => {
    const { judged: of, state, tell: kind } = group
    if (!kind) return []
    const { id: instanceId, stepsDone } = instance
    return [{ kind, instanceId, stepsDone, rule: of.rule, state, fault: of.fault }]
  })
  return { written: await tell(tx, venueId, tick, tellings), isNews: entries.length > 0 }
}

const hasFired = ({ changes }: Evaluated): boolean => changes.some(({ kind }) => kind === 'fired')

// Also what fires at this tick: if its instance was open already, it is brought up to date.
const isOpen = ({ state, changes }: Evaluated): boolean =>
  state.status === 'firing' ||
  state.status === 'recovering' ||
  changes.some(({ kind }) => kind === 'resolved')

const instanceOf = ({ judged: { rule: of }, key, state }: Group): NewInstance => ({
  alertId: of.id,
  key,
  labels: state.labels,
  name: of.rule.name,
  severity: of.rule.severity,
  metric: of.rule.query.metric,
  threshold: thresholdText(of.rule),
  ...{ cause: state.cause, value: state.value, compared: state.compared },
  // This tick is counted when the instance is brought to it.
  triggers: Math.max(0, state.breaches - 1),
})

const stepOf = ({ judged: { rule }, key, state, isBreaching, tell: told }: Group): Step => ({
  alertId: rule.id,
  key,
  status: state.status === 'firing' || state.status === 'recovering' ? state.status : 'resolved',
  ...{ cause: state.cause, value: state.value, compared: state.compared, isBreaching },
  isTold: told === 'firing',
})

function entriesOf(group: Group, instanceId: string): HistoryEntry[] {
  const { changes, tell: told, state } = group
  const entries = changes.flatMap(({ kind }): HistoryEntry[] =>
    kind === 'pending' || kind === 'dropped' ? [] : [{ instanceId, kind, note: null }],
  )
  if (hasFired(group) && state.status === 'firing' && !state.isTold) {
    entries.push({ instanceId, kind: 'muted', note: null })
  }
  if (told === 'firing') entries.push({ instanceId, kind: 'told', note: null })
  return entries
}

const staysLong = 3_600_000

// What only a number or the time of a look has changed is not worth a row, but once an hour.
function changedStates(groups: Group[]): KeptState[] {
  const shape = ({ value: _, compared: _c, seenAt, ...state }: GroupState) =>
    JSON.stringify([state, Math.floor(seenAt / staysLong)])
  return groups.flatMap(({ judged: { rule, known }, key, state }) => {
    const before = known.get(key)
    return before && shape(before) === shape(state) ? [] : [{ alertId: rule.id, key, state }]
  })
}

const forgottenStates = (judged: Judged[]) =>
  judged.flatMap(({ rule, known, groups }) => {
    const left = new Set(groups.map(({ state }) => keyOf(state.labels)))
    return [...known.keys()].flatMap((key) => (left.has(key) ? [] : [{ alertId: rule.id, key }]))
  })

const noteOf = ({ rule, fault, isStale, isWithoutData, groups }: Judged) => ({
  alertId: rule.id,
  health: fault !== null ? ('error' as const) : isStale ? ('stale' as const) : isWithoutData ? ('no_data' as const) : ('ok' as const), // biome-ignore format: one line
  fault,
  fired: groups.filter(hasFired).length,
  told: groups.some(({ tell: told }) => told === 'firing'),
})
