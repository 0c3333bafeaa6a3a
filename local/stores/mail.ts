import path from 'node:path'
import type { Member } from '../processes/crew.ts'
import { waitForPort } from '../processes/ports.ts'

/** Takes what is sent to people, by e-mail, by phone and to /hooks/…, and shows it. */
export const mailServer = (port: number): Member => ({
  name: 'mail',
  command: process.execPath,
  args: [
    '--disable-warning=ExperimentalWarning',
    path.join(import.meta.dirname, '../mail/server.ts'),
    String(port),
  ],
  ready: () => waitForPort(port),
})

/** What leads the service there, and the links in messages elsewhere. Webhooks to it are excepted from the rules for addresses. */
export function mailEnvironment(port: number): Record<string, string> {
  const url = `http://127.0.0.1:${port}`
  const excepted = [process.env.WEBHOOK_ALLOWED_HOSTS, `127.0.0.1:${port}`]
  return {
    AWS_ENDPOINT_URL_SESV2: url,
    AWS_ENDPOINT_URL_SNS: url,
    // Nobody's host: what a link leads to is to be seen in it.
    DASHBOARD_ORIGINS: process.env.DASHBOARD_ORIGINS || 'https://dashboard.turnout.example',
    MAIL_FROM: 'Turnout <turnout@turnout.example>',
    WEBHOOK_ALLOWED_HOSTS: excepted.filter(Boolean).join(','),
  }
}
