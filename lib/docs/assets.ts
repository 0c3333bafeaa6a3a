import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { startScript } from './page.ts'

// Found from the bundle as from the source: serverless.yml packs the files beside the function.
const { resolve } = createRequire(import.meta.url)

type Asset = { mediaType: string; text: string }

const script = 'text/javascript; charset=utf-8'
const files: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': script,
  'swagger-ui-bundle.js.LICENSE.txt': 'text/plain; charset=utf-8',
}
const read = new Map<string, Promise<string>>()

/** A file that the page of /docs asks for; undefined for any other name. */
export async function asset(name: string): Promise<Asset | undefined> {
  if (name === 'start.js') return { mediaType: script, text: startScript }
  const mediaType = Object.hasOwn(files, name) ? files[name] : undefined
  if (!mediaType) return undefined
  const text = read.get(name) ?? readFile(resolve(`swagger-ui-dist/${name}`), 'utf8')
  read.set(name, text)
  return { mediaType, text: await text }
}
