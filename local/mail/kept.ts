import { randomUUID } from 'node:crypto'

const most = 200

export type Kept = {
  id: string
  at: string
  kind: 'email' | 'sms' | 'push' | 'hook'
  to: string
  subject: string
  text: string
  html: string | null
  headers: Record<string, string>
}

/** The last 200 messages, newest first. */
export function createInbox() {
  const kept: Kept[] = []
  return {
    keep(message: Omit<Kept, 'id' | 'at'>): string {
      const id = randomUUID()
      kept.unshift({ id, at: new Date().toISOString(), ...message })
      kept.length = Math.min(kept.length, most)
      return id
    },
    find: (id: string) => kept.find((one) => one.id === id),
    list: (to: string | null) => kept.filter((one) => to === null || one.to === to),
    clear: () => {
      kept.length = 0
    },
  }
}
