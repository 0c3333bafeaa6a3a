import type { Outcome, Rendered, Target } from '../channel.ts'
import { ordinaryWire, postJson } from './post.ts'
import { whyRefusedBySlack } from './web-address.ts'

type SlackTarget = Extract<Target, { kind: 'slack' }>
type Blocks = Extract<Rendered, { kind: 'slack' }>

/** Posts blocks to an incoming webhook of Slack; `text` is for notices and screen readers. */
export async function sendSlack(
  { url }: SlackTarget,
  { blocks, text }: Blocks,
  signal: AbortSignal,
  wire = ordinaryWire(),
): Promise<Outcome> {
  const refusal = whyRefusedBySlack(url, wire.allowed)
  if (refusal) return { ok: false, isPassing: false, reason: `the address ${refusal}` }
  // Without mrkdwn the notice is shown as it is written.
  const message = { text, blocks, mrkdwn: false, unfurl_links: false, unfurl_media: false }
  return await postJson(url, JSON.stringify(message), {}, signal, wire)
}
