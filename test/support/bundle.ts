import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { fileOf, type Lambda, serverless } from './serverless.ts'

export type Bundle = { bytes: number; code: string; files: string[] }

/** Bundles a function with the very settings of serverless.yml; nothing is written. */
export async function bundle(lambda: Lambda): Promise<Bundle> {
  const { outputFileExtension, exclude, external, ...settings } = serverless.custom.esbuild
  const { outputFiles, metafile } = await build({
    ...settings,
    external: [...(external as string[]), ...exclude],
    entryPoints: [fileOf(lambda)],
    outdir: '.esbuild/rules',
    outExtension: { '.js': outputFileExtension },
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const built = outputFiles.find(({ path }) => path.endsWith(outputFileExtension))
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint)
  const kept = Object.entries(output?.inputs ?? {}).filter(([, input]) => input.bytesInOutput > 0)
  return {
    bytes: built?.contents.length ?? 0,
    code: built?.text ?? '',
    files: kept.map(([file]) => file),
  }
}

/** The text of a bundle's own files, drivers and SDKs left out. */
export const ownText = ({ files }: Bundle): string =>
  files
    .filter((file) => !file.includes('node_modules'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
