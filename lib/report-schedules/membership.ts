import { type Role, roles } from '../access/grants.ts'

/** A person of the venue as last seen: by a token that told the role. */
export type Member = { role: Role; seenAt: number }

const longestAbsenceDays = 90

/** Why a schedule may not run for its owner any more; null where it may. */
export function whyNot(member: Member | undefined, now: number): string | null {
  if (!member || now - member.seenAt > longestAbsenceDays * 86_400_000) {
    return `The owner of the schedule was not seen for ${longestAbsenceDays} days`
  }
  const isHeld = roles.indexOf(member.role) >= roles.indexOf('analyst')
  return isHeld ? null : 'The owner of the schedule holds the role analyst no longer'
}
