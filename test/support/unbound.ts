/**
 * What ties a statement to one venue, read from its text: every table of venues that it names must
 * be compared, by its venue_id and where it is named, with a parameter or with a table that is.
 */
export type TieCheck = {
  /** The tables that a statement reads or writes without saying of which venue. */
  unbound(statement: string): string[]
  /** The statement with each of its comparisons of venues left out, one at a time. */
  mutants(statement: string): string[]
}

type Scope = { text: string; parent: number }
type Tie = { left: string; right: string }

const comparison =
  /(?:(\w+)\.)?venue_id = (?:(\$\d+)|(\w+)\.venue_id)|(\$\d+) = (?:(\w+)\.)?venue_id/g

/** The check for a schema with these tables of venues. */
export function tieCheckOf(tables: string[]): TieCheck {
  const named = new RegExp(
    `\\b(from|join|into|update|using) (${tables.join('|')})\\b` +
      `(?: (?:as )?(?!where|set|on|join|order|group|select|values|cross|left|using|for|and|limit)(\\w+))?( \\(#\\d+\\))?`,
    'g',
  )
  const unbound = (statement: string): string[] => {
    const scopes = scopesOf(plain(statement))
    return scopes.flatMap(({ text }, at) =>
      [...text.matchAll(named)].flatMap(([, verb, table = '', alias, columns]) => {
        if (verb === 'into') {
          const list = scopes[Number(/\d+/.exec(columns ?? '')?.[0])]?.text
          return list?.startsWith('venue_id') ? [] : [`${table}: ${statement}`]
        }
        const names = alias ? [alias] : ['', table]
        const isTied = names.some((name) => isBound(scopes, at, name, []))
        return isTied ? [] : [`${table}: ${statement}`]
      }),
    )
  }
  const mutants = (statement: string): string[] => {
    const text = plain(statement)
    return [...text.matchAll(comparison)].map(
      ({ 0: found, index }) => `${text.slice(0, index)}true${text.slice(index + found.length)}`,
    )
  }
  return { unbound, mutants }
}

const plain = (statement: string): string =>
  statement
    .replace(/'[^']*'/g, "''")
    .replace(/"(\w+)"/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/\(select (\$\d+)(?:::\w+)*\)/g, '$1')
    .replace(/(\$\d+)(?:::\w+)+/g, '$1')

/** A text by its brackets: in each piece what stands in brackets is the number of another piece. */
function scopesOf(text: string): Scope[] {
  const scopes: Scope[] = [{ text: '', parent: -1 }]
  let at = 0
  for (const sign of text) {
    const scope = scopes[at] as Scope
    if (sign === '(') {
      scope.text += `(#${scopes.length})`
      scopes.push({ text: '', parent: at })
      at = scopes.length - 1
    } else if (sign === ')')
      at = Math.max(0, scope.parent) // of a piece the beginning is missing
    else scope.text += sign
  }
  // Parts of a union see nothing of each other.
  const parts = scopes.map((scope) => scope.text.split(' union all '))
  return [
    ...scopes.map((scope, i) => ({ ...scope, text: parts[i]?.[0] ?? '' })),
    ...scopes.flatMap(({ parent }, i) =>
      (parts[i] ?? []).slice(1).map((text) => ({ text, parent })),
    ),
  ]
}

/** Whether a name is compared with a parameter, or with a name that is, in its scope or around it. */
function isBound(scopes: Scope[], at: number, name: string, asked: string[]): boolean {
  if (name.startsWith('$')) return true
  const id = `${at} ${name}`
  if (at < 0 || asked.includes(id)) return false
  const found = tiesOf(scopes[at]?.text ?? '').flatMap(({ left, right }) => {
    if (left === name) return [right]
    return right === name ? [left] : []
  })
  const isHere = found.some((other) => isBound(scopes, at, other, [...asked, id]))
  if (isHere || asked.length === 0 || isDeclared(scopes[at]?.text ?? '', name)) return isHere
  return isBound(scopes, scopes[at]?.parent ?? -1, name, asked)
}

// Else the name is one of the statement around this one.
const isDeclared = (text: string, name: string): boolean =>
  new RegExp(
    `\\b(from|join|into|update|using) (lateral )?([\\w.]+|\\(#\\d+\\))?( as)? ?\\b${name}\\b`,
  ).test(text)

const tiesOf = (text: string): Tie[] =>
  [...text.matchAll(comparison)].map(([, left, parameter, other, first, last]) => ({
    left: first ?? left ?? '',
    right: parameter ?? other ?? last ?? '',
  }))
