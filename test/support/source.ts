import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export type Import = {
  /** As written. */
  specifier: string
  /** A file from the root of the repository, or a package. */
  target: string
  isFile: boolean
  /** Gone after compilation: it couples nothing at run time. */
  isType: boolean
}
export type Source = { file: string; text: string; lines: number; imports: Import[] }

/** The source files below the folders, tests left out. */
export function readSources(...folders: string[]): Source[] {
  return folders.flatMap(filesBelow).map((file) => {
    const text = readFileSync(file, 'utf8')
    return { file, text, lines: text.trimEnd().split('\n').length, imports: importsOf(file, text) }
  })
}

/** The first two parts of a path in lib: lib/events, lib/clients; undefined for lib/http.ts. */
export const domainOf = (file: string): string | undefined =>
  /^lib\/([^/]+)\//.exec(file)?.[1] ?? undefined

/** Whether a file is one of the patterns: `*` is any name, `**` any path. */
export function isOneOf(file: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => path.matchesGlob(file, pattern))
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|sql)$/.test(name))
    .map((name) => path.join(folder, name))
    .sort()
}

function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, '')
  const found: Import[] = []
  for (const [, clause = '', specifier = ''] of code.matchAll(statement)) {
    found.push(importOf(file, specifier, isTypeClause(clause)))
  }
  for (const [, bare, dynamic] of code.matchAll(nameless)) {
    found.push(importOf(file, bare ?? dynamic ?? '', false))
  }
  return found
}

const statement = /(?:^|\n)(?:import|export)\b([^'"`;=]*?)\bfrom\s+'([^']+)'/g
const nameless = /(?:^|\n)import\s+'([^'\n]+)'|\bimport\(\s*'([^'\n]+)'/g

function isTypeClause(clause: string): boolean {
  if (/^\s+type\b/.test(clause)) return true
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(',') ?? ['']
  return (
    names.filter((name) => name.trim()).every((name) => /^\s*type\s/.test(name)) &&
    /\{/.test(clause)
  )
}

function importOf(file: string, specifier: string, isType: boolean): Import {
  const isFile = specifier.startsWith('.')
  const target = isFile ? path.join(path.dirname(file), specifier) : specifier
  return { specifier, target, isFile, isType }
}
