import { chmodSync, copyFileSync, mkdirSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { readDebianSources } from './debian-sources.ts'
import { copyLibraries, writeWrapper } from './elf.ts'
import { buildOnce } from './once.ts'
import { createPrivateApt } from './private-apt.ts'

const standIns = ['adduser', 'lsb-base', 'sysvinit-utils', 'init-system-helpers']

/** A redis-server out of Debian's packages, unpacked into the cache; returns the program. */
export async function fetchRedis(cache: string, say: (line: string) => void) {
  const target = path.join(cache, 'redis')
  await buildOnce(target, async (into) => {
    say('fetching Redis from Debian (9 MB) …')
    await build(into, path.join(path.dirname(into), 'apt'))
  })
  return path.join(target, 'bin/redis-server')
}

async function build(into: string, root: string) {
  const { codename, mirror, security } = readDebianSources()
  const apt = await createPrivateApt(root, [
    { uri: mirror, suite: codename },
    ...(security ? [{ uri: security, suite: `${codename}-security` }] : []),
  ])
  apt.pretendInstalled(standIns)
  await apt.update()
  const tree = path.join(root, 'unpacked')
  await apt.unpack(['redis-server', 'redis-tools'], tree)
  const program = path.join(into, 'libexec/redis-server')
  mkdirSync(path.dirname(program), { recursive: true })
  // redis-server is a link to the program that checks dumps: one file that acts by its name.
  copyFileSync(realpathSync(path.join(tree, 'usr/bin/redis-check-rdb')), program)
  chmodSync(program, 0o755)
  const loader = copyLibraries(tree, [program], path.join(into, 'lib'))
  writeWrapper(path.join(into, 'bin/redis-server'), into, 'libexec/redis-server', loader, ['lib'])
}
