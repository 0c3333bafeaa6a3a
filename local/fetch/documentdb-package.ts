import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { readDebianSources } from './debian-sources.ts'
import { copyLibraries, writeWrapper } from './elf.ts'
import { buildOnce } from './once.ts'
import { createPrivateApt, type PrivateApt } from './private-apt.ts'

const major = '18'
const bin = `lib/postgresql/${major}/bin`
const lib = `lib/postgresql/${major}/lib`
const share = `share/postgresql/${major}`
const programs = ['postgres', 'initdb']
const modules =
  /^(pg_cron|pg_documentdb\w*|rum|vector|postgis-3|tsm_system_rows|plpgsql|dict_snowball|utf8_and_win)\.so$/
const extensions = /^(documentdb|pg_cron|plpgsql|postgis(--|\.control)|rum|tsm_system_rows|vector)/

// Tools of maintainer scripts, which never run here.
const standIns = [
  'adduser',
  'debconf',
  'locales',
  'perl',
  'perl-base',
  'postgresql-common',
  'postgresql-client-common',
  'ssl-cert',
  'ucf',
  'proj-data',
  'netbase',
  'openssl',
  'openssl-provider-legacy',
  'krb5-locales',
]

/** Where the parts of the unpacked engine lie. */
export const engineParts = (engine: string) => ({
  bin: path.join(engine, 'pg', bin),
  zoneinfo: path.join(engine, 'pg/share/zoneinfo'),
})

/** True when the engine need not be fetched any more. */
export const hasDocumentDb = (cache: string) => existsSync(engineFolder(cache))

/** PostgreSQL with the DocumentDB extension out of Debian's packages, in the cache. */
export async function fetchDocumentDb(cache: string, say: (line: string) => void) {
  const target = engineFolder(cache)
  await buildOnce(target, async (into) => {
    say('fetching the DocumentDB engine from Debian (64 MB) …')
    const tree = await unpackNewest(path.dirname(into))
    cut(tree, into)
  })
  return target
}

const engineFolder = (cache: string) => path.join(cache, `documentdb-${major}`)

// The package is younger than Debian's last release.
async function unpackNewest(work: string) {
  const { mirror } = readDebianSources()
  const reasons: string[] = []
  for (const suite of ['testing', 'sid']) {
    try {
      const apt = await createPrivateApt(path.join(work, suite), [{ uri: mirror, suite }])
      return await unpack(apt, path.join(work, suite, 'unpacked'))
    } catch (error) {
      reasons.push(`${suite}: ${(error as Error).message}`)
    }
  }
  throw new Error(reasons.join('\n'))
}

async function unpack(apt: PrivateApt, into: string) {
  apt.pretendInstalled(standIns)
  await apt.update()
  // PostGIS' raster and SFCGAL modules are never loaded: without their libraries and what those
  // need, 205 packages become 81.
  const field = (text: string, name: string) =>
    new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  const postgis = field(await apt.show(`postgresql-${major}-postgis-3`), 'Depends')
  const client = field(await apt.show(`postgresql-client-${major}`), 'Version')
  const heavy = [...postgis.matchAll(/\b(?:libgdal|libsfcgal)\S+/g)].map(([name]) => name)
  apt.pretendInstalled([...standIns, `postgresql-client-${major}=${client}`, ...heavy])
  await apt.unpack([`postgresql-${major}-documentdb`], into)
  return into
}

function cut(tree: string, into: string) {
  const usr = path.join(tree, 'usr')
  for (const dir of ['lib', 'libexec', `pg/${bin}`, `pg/${lib}`, `pg/${share}/extension`]) {
    mkdirSync(path.join(into, dir), { recursive: true })
  }
  const copy = (from: string, to: string) => {
    copyFileSync(path.join(usr, from), path.join(into, to))
    return path.join(into, to)
  }
  const kept = [
    ...readdirSync(path.join(usr, lib))
      .filter((name) => modules.test(name))
      .map((name) => copy(`${lib}/${name}`, `pg/${lib}/${name}`)),
    ...programs.map((name) => copy(`${bin}/${name}`, `libexec/${name}`)),
  ]
  copyShare(usr, into)
  const loader = copyLibraries(tree, kept, path.join(into, 'lib'), [`usr/${lib}`])
  relocateZoneinfo(path.join(into, 'libexec/postgres'))
  for (const name of programs) {
    const program = `libexec/${name}`
    chmodSync(path.join(into, program), 0o755)
    writeWrapper(path.join(into, 'pg', bin, name), into, program, loader, ['lib', `pg/${lib}`])
  }
}

function copyShare(usr: string, into: string) {
  const from = path.join(usr, share)
  const to = path.join(into, 'pg', share)
  const isWanted = (file: string) => {
    const name = path.relative(from, file)
    if (/^(man|contrib)(\/|$)/.test(name)) return false
    return !name.startsWith('extension/') || extensions.test(name.slice('extension/'.length))
  }
  cpSync(from, to, { recursive: true, dereference: true, filter: isWanted })
  // Made by a maintainer script elsewhere.
  const control = path.join(to, 'extension/postgis.control')
  copyFileSync(path.join(from, 'extension/postgis-3.control'), control)
  const version = /default_version\s*=\s*'([^']+)'/.exec(readFileSync(control, 'utf8'))?.[1]
  // PostGIS ships an upgrade script for each of its old versions.
  for (const name of readdirSync(path.join(to, 'extension'))) {
    const isUpgrade = name.startsWith('postgis--') && name !== `postgis--${version}.sql`
    if (isUpgrade) rmSync(path.join(to, 'extension', name))
  }
  cpSync(path.join(usr, 'share/zoneinfo'), path.join(into, 'pg/share/zoneinfo'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !/zoneinfo\/(right|posix)(\/|$)/.test(file),
  })
}

// Debian compiles the folder /usr/share/zoneinfo in and the server dies where it is missing, as on
// a minimal system: made relative, it is looked up in the data folder, which the server runs in.
function relocateZoneinfo(program: string) {
  const bytes = readFileSync(program)
  const compiled = Buffer.from('\0/usr/share/zoneinfo\0')
  const at = bytes.indexOf(compiled)
  if (at < 0 || bytes.indexOf(compiled, at + 1) >= 0) {
    throw new Error('the folder of time zones was not found once in postgres')
  }
  bytes.fill(0, at + 1, at + compiled.length)
  bytes.write('zoneinfo', at + 1)
  writeFileSync(program, bytes)
}
