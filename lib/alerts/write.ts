import type { Tx } from '../clients/postgres.ts'
import type { Written } from '../messages/write.ts'
import { type Evaluated, type GroupState, keyOf } from './state.ts'
import { type Telling, tell } from './tell.ts'
import { thresholdText } from './threshold.ts'
import { type EnabledRule, type HistoryEntry, type KeptState, type NewInstance, noteEvaluated, openInstances, type Step, type Stepped, stepInstances, writeHistory, writeReleases, writeStates } from './tick-store.ts' // biome-ignore format: one line

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
    [...opened.map((one) => ({ ...one, ...untouched })), ...stepped].map((one) => [
      `${one.alertId} ${one.key}`,
      one,
    ]),
  )
  const found = groups.flatMap((group) => {
    const instance = idOf.get(`${group.judged.rule.id} ${group.key}`)
    return instance ? [{ group, instance }] : []
  })
  const released = groups.flatMap(({ changes, judged: { rule }, key }) =>
    changes.some(({ kind }) => kind === 'released') ? [{ alertId: rule.id, key }] : [],
  )
  if (released.length > 0) await writeReleases(tx, venueId, tick, released)
  const tellings = found.flatMap(({ group, instance }): Telling[] => {
    const { judged: of, state } = group
    const kind = tellingOf(group, instance)
    if (!kind) return []
    const { id: instanceId, stepsDone, wasTold } = instance
    return [{ kind, instanceId, stepsDone, wasTold, rule: of.rule, state, fault: of.fault }]
  })
  const { written, waiting } = await tell(tx, venueId, tick, tellings)
  const entries = found.flatMap(({ group, instance }) =>
    entriesOf(group, instance, waiting.has(instance.id)),
  )
  if (entries.length > 0) await writeHistory(tx, venueId, tick, entries)
  return { written, isNews: entries.length > 0 || released.length > 0 }
}

const untouched = { stepsDone: 0, wasTold: false, isAcknowledged: false }

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
  threshold: thresholdText(of.rule, state.labels),
  ...{ cause: state.cause, ...numbersOf(state) },
  // This tick is counted when the instance is brought to it.
  triggers: Math.max(0, state.breaches - 1),
})

const stepOf = ({ judged: { rule: of }, key, state, isBreaching, tell: told }: Group): Step => ({
  alertId: of.id,
  key,
  // Also what its rule is called since: an open instance is known by what the rule says now.
  name: of.rule.name,
  severity: of.rule.severity,
  threshold: thresholdText(of.rule, state.labels),
  status: state.status === 'firing' || state.status === 'recovering' ? state.status : 'resolved',
  ...{ cause: state.cause, ...numbersOf(state), isBreaching },
  isTold: told === 'firing',
})

// Without an answer there is no number beside the cause.
const numbersOf = ({ status, cause, value, compared }: GroupState) =>
  status === 'firing' && cause !== 'condition'
    ? { value: null, compared: null }
    : { value, compared }

/** What is told of an instance: nothing of what somebody takes care of, but that it is over. */
function tellingOf({ tell: kind }: Group, { isAcknowledged, wasTold }: Stepped): Evaluated['tell'] {
  return (kind === 'firing' && !isAcknowledged) || (kind === 'recovered' && wasTold) ? kind : null
}

function entriesOf(group: Group, instance: Stepped, isWaiting: boolean): HistoryEntry[] {
  const { id: instanceId } = instance
  const { changes, state } = group
  const entries = changes.flatMap((change): HistoryEntry[] => {
    const { kind } = change
    if (kind === 'pending' || kind === 'dropped' || kind === 'released') return []
    return [{ instanceId, kind, note: 'cause' in change ? change.cause : null }]
  })
  if (hasFired(group) && state.status === 'firing' && state.told.length === 0) {
    entries.push({ instanceId, kind: 'muted', note: null })
  }
  if (!isWaiting && tellingOf(group, instance) === 'firing')
    entries.push({ instanceId, kind: 'told', note: null })
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
})
