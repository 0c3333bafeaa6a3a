import { type Caller, holds, type Role } from '../access/grants.ts'
import { catalogue } from '../metrics/catalogue.ts'

/** What a channel tells: numbers that are computed, or what other parts of the service announce. */
export type Channel = { name: string; scope: string } & (
  | { kind: 'summary' | 'data-quality' | 'alerts' | 'user' }
  | {
      kind: 'metric' | 'gauge' | 'sales' | 'door' | 'dashboard' | 'widget' | 'export'
      subject: string
    }
)
export type Kind = Channel['kind']

const longest = 400
const ofVenue = /^venue:([A-Za-z0-9_-]{1,64}):(.+)$/su
const ofShow = /^event:(.+):(sales|door)$/su
const ofSubject = /^(metric|gauge|dashboard|widget|export):(.+)$/su

/** Reads the name of a channel; undefined where there is no such channel. */
export function channelOf(name: string): Channel | undefined {
  if (name.length > longest || /\p{Cc}|\*/u.test(name)) return undefined
  if (/^user:./su.test(name)) return { name, scope: name, kind: 'user' }
  const [, scope = '', rest = ''] = ofVenue.exec(name) ?? []
  if (rest === 'summary' || rest === 'data-quality' || rest === 'alerts') {
    return { name, scope, kind: rest }
  }
  const [, show, ofIt] = ofShow.exec(rest) ?? []
  if (show && ofIt) return { name, scope, kind: ofIt as 'sales' | 'door', subject: show }
  const [, kind, subject] = ofSubject.exec(rest) ?? []
  if (!kind || !subject || (kind === 'metric' && !catalogue.has(subject))) return undefined
  return { name, scope, kind: kind as 'metric', subject }
}

/** The scope of a person's own channel, which is also its name. */
export const userScope = (userId: string): string => `user:${userId}`

/** Whether the planner computes what the channel says; else it is announced. */
export const isComputed = ({ kind }: Channel): boolean => !announced.has(kind)

const announced = new Set<Kind>(['alerts', 'dashboard', 'widget', 'export', 'user'])

/** Whether the caller may hear the channel: its own one, or with a role in the venue. */
export function mayHear(caller: Caller, { kind, scope }: Channel): boolean {
  if (kind === 'user') return scope === userScope(caller.userId)
  const needed: Role = kind === 'export' ? 'analyst' : 'viewer'
  return holds(caller, scope, needed) === true
}
