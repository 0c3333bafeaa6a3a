import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { packed } from '../../../lib/exports/formats/packed.ts'
import { bytesOf, takenAfter } from '../../support/sheets.ts'

const text = Array.from({ length: 50_000 }, (_, i) => `${(i * 7919) % 10_007},row ${i}\r\n`).join(
  '',
)

async function* inPieces(size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
}

test('what was packed is unpacked the same', async () => {
  const file = await bytesOf(packed(inPieces(10_000)))
  expect(String(gunzipSync(file))).toBe(text)
  expect(file.length).toBeLessThan(text.length / 2)
  expect(gunzipSync(await bytesOf(packed((async function* () {})())))).toHaveLength(0)
})

test('the same bytes are packed the same, however they come', async () => {
  const one = await bytesOf(packed(inPieces(10_000)))
  for (const size of [100, 10_000, 65_536, 1_000_000]) {
    expect((await bytesOf(packed(inPieces(size)))).equals(one)).toBe(true)
  }
  // neither a time nor a system
  expect(one.subarray(0, 10).toString('hex')).toBe('1f8b08000000000004ff')
})

test('a source that fails, fails the file', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield* inPieces(10_000)
    throw new Error('the database is gone')
  }
  await expect(bytesOf(packed(failing()))).rejects.toThrow('the database is gone')
})

test('no more is taken than was packed, and the source is let go of', async () => {
  const seen = { taken: 0, isClosed: false }
  async function* noise(): AsyncGenerator<Uint8Array> {
    try {
      for (; ; seen.taken++) yield randomBytes(10_000)
    } finally {
      seen.isClosed = true
    }
  }
  expect(await takenAfter(1, packed(noise()), seen)).toBeLessThan(50)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(seen.isClosed).toBe(true)
})
