import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

export type Origin = { uri: string; suite: string }
export type PrivateApt = Awaited<ReturnType<typeof createPrivateApt>>

const exec = promisify(execFile)
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const folders = [
  'etc/apt.conf.d',
  'etc/preferences.d',
  'etc/trusted.gpg.d',
  'lists/partial',
  'archives/partial',
  'log',
]

/** The name Debian gives this machine's architecture. */
export const debianArch = process.arch === 'x64' ? 'amd64' : process.arch

/**
 * An apt with a state of its own below `root`: it needs no root user, and reads and writes nothing
 * of the system's lists, status and cache. Packages are downloaded and unpacked, never installed.
 */
export async function createPrivateApt(root: string, origins: Origin[]) {
  if (!existsSync(keyring)) throw new Error(`${keyring} is missing: not a Debian system`)
  for (const folder of folders) mkdirSync(path.join(root, folder), { recursive: true })
  const file = path.join(root, 'apt.conf')
  writeFileSync(file, [...settings(root), ...(await systemSettings())].join('\n'))
  writeFileSync(
    path.join(root, 'etc/sources.list'),
    origins
      .map(
        ({ uri, suite }) => `deb [arch=${debianArch} signed-by=${keyring}] ${uri} ${suite} main\n`,
      )
      .join(''),
  )
  const options = {
    env: { ...process.env, APT_CONFIG: file, LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  }
  const run = async (command: string, ...args: string[]) =>
    (await exec(command, args, options)).stdout

  return {
    /** Treats packages as installed, `name` or `name=version`: what only they need stays out. */
    pretendInstalled: (packages: string[]) =>
      writeFileSync(path.join(root, 'status'), packages.map(statusOf).join('')),
    update: () => run('apt-get', '-q', 'update', '--error-on=any'),
    show: (name: string) => run('apt-cache', 'show', '--no-all-versions', name),
    /** Downloads packages with all they depend on and unpacks them below `into`. */
    unpack: async (packages: string[], into: string) => {
      await run('apt-get', '-q', 'install', '--download-only', ...packages)
      mkdirSync(into, { recursive: true })
      const archives = path.join(root, 'archives')
      for (const name of readdirSync(archives).filter((each) => each.endsWith('.deb'))) {
        await run('dpkg-deb', '-x', path.join(archives, name), into)
      }
    },
  }
}

const settings = (root: string) =>
  Object.entries({
    Dir: root,
    'Dir::Etc': `${root}/etc`,
    'Dir::Etc::main': 'none',
    'Dir::Etc::parts': 'apt.conf.d',
    'Dir::Etc::sourcelist': 'sources.list',
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': 'preferences.d',
    'Dir::Etc::trustedparts': 'trusted.gpg.d',
    'Dir::State': root,
    'Dir::State::lists': 'lists',
    'Dir::State::status': `${root}/status`,
    'Dir::State::extended_states': `${root}/extended_states`,
    'Dir::Cache': root,
    'Dir::Cache::archives': 'archives',
    'Dir::Cache::pkgcache': 'pkgcache.bin',
    'Dir::Cache::srcpkgcache': '',
    'Dir::Log': `${root}/log`,
    'APT::Architecture': debianArch,
    'APT::Architectures': debianArch,
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    'APT::Install-Suggests': 'false',
    'APT::Get::Assume-Yes': 'true',
    'APT::Keep-Downloaded-Packages': 'true',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::Check-Valid-Until': 'false',
    'Acquire::GzipIndexes': 'true',
    'Debug::NoLocking': 'true',
  }).map(([key, value]) => `${key} "${value}";`)

// How this machine reaches its mirrors: proxies, certificates, a clock that is off.
async function systemSettings() {
  const { stdout } = await exec('apt-config', ['dump']).catch(() => ({ stdout: '' }))
  return stdout
    .split('\n')
    .filter((line) =>
      /^Acquire::(https?::(.*::)?(Proxy|CaInfo|Verify)|Check-Date)\b.* ".+";/i.test(line),
    )
}

const statusOf = (entry: string) => {
  const [name, version = '99999:0'] = entry.split('=')
  return `Package: ${name}
Status: install ok installed
Priority: optional
Section: misc
Maintainer: none <none@localhost>
Architecture: ${debianArch}
Multi-Arch: ${name === 'perl' ? 'allowed' : 'foreign'}
Version: ${version}
Description: stand-in

`
}
