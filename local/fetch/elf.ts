import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

const dynamicSegment = 2
const interpreterSegment = 3
const loadSegment = 1
const neededTag = 1
const stringTableTag = 5

/** The libraries an ELF file names and its loader; undefined for any other file. */
function readElf(file: string) {
  const bytes = readFileSync(file)
  const is64BitLittleEndian = bytes[4] === 2 && bytes[5] === 1
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || !is64BitLittleEndian) return
  const u64 = (at: number) => Number(bytes.readBigUInt64LE(at))
  const text = (at: number) => bytes.toString('latin1', at, bytes.indexOf(0, at))
  const segments = Array.from({ length: bytes.readUInt16LE(56) }, (_, i) => {
    const at = u64(32) + i * bytes.readUInt16LE(54)
    const [offset, address, size] = [u64(at + 8), u64(at + 16), u64(at + 32)]
    return { type: bytes.readUInt32LE(at), offset, address, size }
  })
  const toOffset = (address: number) => {
    const home = segments.find(
      (s) => s.type === loadSegment && address >= s.address && address < s.address + s.size,
    )
    return home ? address - home.address + home.offset : 0
  }
  const needed: number[] = []
  let strings = 0
  const dynamic = segments.find(({ type }) => type === dynamicSegment)
  for (let at = dynamic?.offset ?? 0; dynamic && at < dynamic.offset + dynamic.size; at += 16) {
    const [tag, value] = [u64(at), u64(at + 8)]
    if (tag === 0) break
    if (tag === neededTag) needed.push(value)
    if (tag === stringTableTag) strings = toOffset(value)
  }
  const loader = segments.find(({ type }) => type === interpreterSegment)
  return {
    needed: needed.map((name) => text(strings + name)),
    loader: loader && path.basename(text(loader.offset)),
  }
}

/**
 * Copies every library that `files` need, directly or not, from the unpacked packages in `tree`
 * to `into`, and returns the loader's name. Nothing of the system is used: its C library may be
 * older than the packages.
 */
export function copyLibraries(tree: string, files: string[], into: string, extra: string[] = []) {
  const triplet = process.arch === 'x64' ? 'x86_64-linux-gnu' : 'aarch64-linux-gnu'
  const usual = [`usr/lib/${triplet}`, `lib/${triplet}`, 'usr/lib', 'lib', 'usr/lib64', 'lib64']
  const folders = [...usual, ...extra].map((folder) => path.join(tree, folder))
  const find = (name: string) =>
    folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
  const found = new Map<string, string>()
  const waiting = [...files]
  let loader: string | undefined
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    const elf = readElf(file)
    loader ??= elf?.loader
    for (const name of [...(elf?.needed ?? []), ...(loader ? [loader] : [])]) {
      if (found.has(name)) continue
      const library = find(name)
      if (!library) throw new Error(`${path.basename(file)} needs ${name}, which no package holds`)
      found.set(name, library)
      waiting.push(library)
    }
  }
  if (!loader) throw new Error('no program among the files')
  mkdirSync(into, { recursive: true })
  for (const [name, library] of found) copyFileSync(library, path.join(into, name))
  chmodSync(path.join(into, loader), 0o755)
  return loader
}

/**
 * Writes a script that runs `program` (a path below `root`) with the libraries of `root`. It names
 * the loader, so the tree can be moved, and sets no variable that a child would inherit.
 */
export function writeWrapper(
  file: string,
  root: string,
  program: string,
  loader: string,
  dirs: string[],
) {
  const up = path.relative(path.dirname(file), root) || '.'
  const libraries = dirs.map((dir) => `$d/${dir}`).join(':')
  const lines = [
    '#!/bin/sh',
    'unset LD_LIBRARY_PATH LD_PRELOAD',
    `s=$0; d=\${s%/*}/${up}`,
    `exec "$d/lib/${loader}" --argv0 "$s" --inhibit-cache --library-path "${libraries}" "$d/${program}" "$@"`,
  ]
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o755 })
  chmodSync(file, 0o755)
}
