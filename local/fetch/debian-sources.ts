import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export type Source = { uri: string; suites: string[]; components: string[]; signedBy: string }
export type DebianSources = { codename: string; mirror: string; security?: string }

const etc = '/etc/apt'

/**
 * The mirror this system itself gets Debian from. Sources of third parties, which often name the
 * same suites, are told apart by their key and path.
 */
export function readDebianSources(folder = etc, osRelease = '/etc/os-release'): DebianSources {
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(readOrEmpty(osRelease))?.[1] ?? 'sid'
  const sources = sourceFiles(folder).flatMap((file) =>
    file.endsWith('.sources') ? parseDeb822(readOrEmpty(file)) : parseOneLine(readOrEmpty(file)),
  )
  const ofDebian = sources.filter(
    ({ components, signedBy }) =>
      components.includes('main') && (!signedBy || /debian-archive/.test(signedBy)),
  )
  const wanted = [codename, 'stable', 'testing', 'unstable', 'sid']
  const mirror = best(ofDebian.filter(({ suites }) => suites.some((s) => wanted.includes(s))))
  if (!mirror) {
    throw new Error(`no Debian mirror for ${codename} was found in the sources of ${folder}`)
  }
  const security = best(ofDebian.filter(({ suites }) => suites.includes(`${codename}-security`)))
  return { codename, mirror, ...(security && { security }) }
}

const best = (sources: Source[]) =>
  sources.toSorted((a, b) => rank(b) - rank(a)).map(({ uri }) => uri.replace(/\/+$/, ''))[0]

const rank = ({ uri, signedBy }: Source) =>
  (signedBy ? 2 : 0) + (/\/debian(-security)?\/*$/.test(uri) ? 1 : 0)

function sourceFiles(folder: string) {
  const parts = path.join(folder, 'sources.list.d')
  const names = existsSync(parts) ? readdirSync(parts) : []
  const files = names.filter((n) => /\.(list|sources)$/.test(n)).map((n) => path.join(parts, n))
  return [path.join(folder, 'sources.list'), ...files]
}

function parseDeb822(text: string): Source[] {
  return text.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const lines = stanza.split('\n').filter((line) => !line.startsWith('#'))
    const field = (name: string) => fieldOf(lines.join('\n'), name)
    if (!words(field('Types')).includes('deb') || /^no$/i.test(field('Enabled').trim())) return []
    const rest = {
      suites: words(field('Suites')),
      components: words(field('Components')),
      signedBy: field('Signed-By').trim(),
    }
    return words(field('URIs')).map((uri) => ({ uri, ...rest }))
  })
}

const fieldOf = (stanza: string, name: string) =>
  new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1] ?? ''

function parseOneLine(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line)
    if (!match) return []
    const [, options = '', uri = '', suite = '', components = ''] = match
    const signedBy = /signed-by=(\S+)/i.exec(options)?.[1] ?? ''
    return [{ uri, suites: [suite], components: words(components), signedBy }]
  })
}

const words = (text: string) => text.split(/\s+/).filter(Boolean)

function readOrEmpty(file: string) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
