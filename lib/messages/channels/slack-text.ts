const longestSection = 3000
const mostBlocks = 50

type Section = { type: 'section'; text: { type: 'mrkdwn'; text: string } }

/** Text as Slack shows it letter by letter: no mention, no link, no entity. */
export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Marked-up text, escaped where it must be, as sections; none is longer than Slack takes. */
export function slackSections(markup: string): Section[] {
  return pieces(markup).map((text) => ({ type: 'section', text: { type: 'mrkdwn', text } }))
}

/** Blocks that Slack takes: long sections in several, and no more than it takes, told so. */
export function fittingBlocks(blocks: readonly object[]): object[] {
  const all = blocks.flatMap((block) => {
    const { type, text } = block as Partial<Section>
    if (type !== 'section' || typeof text?.text !== 'string') return [block]
    // What else is in a section (fields, a button) stays with its first piece.
    const [first = '', ...rest] = pieces(text.text)
    return [
      { ...block, text: { ...text, text: first } },
      ...rest.map((piece) => ({ type, text: { ...text, text: piece } })),
    ]
  })
  if (all.length <= mostBlocks) return all
  const left = all.length - mostBlocks + 1
  return [...all.slice(0, mostBlocks - 1), ...slackSections(`_${left} more blocks are left out_`)]
}

/** Text in parts of 3,000 characters at most, which together are the text. */
function pieces(text: string): string[] {
  const parts: string[] = []
  let rest = text
  while (rest.length > longestSection) {
    const at = breakOf(rest)
    parts.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  return [...parts, rest]
}

// After a line, else after a word, else within one; never within a link, an entity or a character.
function breakOf(text: string): number {
  const head = text.slice(0, longestSection)
  const half = longestSection / 2
  const line = head.lastIndexOf('\n') + 1
  const word = head.lastIndexOf(' ') + 1
  const wish = line > half ? line : word > half ? word : longestSection
  const link = head.lastIndexOf('<', wish - 1)
  if (link > 0 && head.slice(link, wish).indexOf('>') < 0) return link
  const open = /&(?:[a-z]{0,3})$/.exec(head.slice(0, wish))
  if (open && open.index > 0) return open.index
  const last = head.charCodeAt(wish - 1)
  return last >= 0xd800 && last <= 0xdbff ? wish - 1 : wish
}
