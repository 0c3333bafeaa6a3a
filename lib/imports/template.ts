import { slug } from './values.ts'

/** A record of the file: its number, the header being 1, and its fields by column. */
export type Row = Readonly<{ line: number; fields: Readonly<Record<string, string>> }>

/** What a template may name beside columns. */
export type Names = Readonly<{ row: Row; id: string; line: number; source: string }>

type Piece = (names: Names) => string
type Parsed = { pieces: Piece[]; columns: string[] } | { problem: string }

const functions: Record<string, (text: string) => string> = {
  slug,
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  trim: (text) => text.trim(),
}

const variables: Record<string, Piece> = {
  id: ({ id }) => id,
  line: ({ line }) => String(line),
  source: ({ source }) => source,
}

/** What is wrong with a template, or undefined. */
export function templateProblem(text: string): string | undefined {
  const parsed = parse(text)
  return 'problem' in parsed ? parsed.problem : undefined
}

/** The columns that a template names. */
export function columnsOf(text: string): string[] {
  const parsed = parse(text)
  return 'problem' in parsed ? [] : parsed.columns
}

/**
 * The text with `{column}`, `{slug(column)}` (also lower, upper, trim), `{$id}` (of the event),
 * `{$line}` and `{$source}` filled in; `{{` and `}}` are braces. A column that is absent is empty.
 */
export function compileTemplate(text: string): Piece {
  const parsed = parse(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const [only] = parsed.pieces
  if (only && parsed.pieces.length === 1) return only
  return (names) => parsed.pieces.map((piece) => piece(names)).join('')
}

function parse(text: string): Parsed {
  const pieces: Piece[] = []
  const columns: string[] = []
  for (const [part] of text.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    if (part === '{' || part === '}') return { problem: `a brace is not closed in '${text}'` }
    if (!part.startsWith('{') || part === '{{') {
      const literal = part === '{{' ? '{' : part === '}}' ? '}' : part
      pieces.push(() => literal)
      continue
    }
    const name = part.slice(1, -1)
    const piece = name.startsWith('$') ? variables[name.slice(1)] : column(name, columns)
    if (!piece) return { problem: `'${part}' is none of {$id}, {$line} and {$source}` }
    pieces.push(piece)
  }
  return { pieces, columns }
}

function column(name: string, columns: string[]): Piece {
  const [, called = '', inner = ''] = /^(\w+)\((.*)\)$/.exec(name) ?? []
  const change = functions[called]
  columns.push(change ? inner : name)
  if (change) return ({ row }) => change(row.fields[inner] ?? '')
  return ({ row }) => row.fields[name] ?? ''
}
