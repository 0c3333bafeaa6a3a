import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const names = ['postgres', 'documentdb', 'owner', 'app', 'job', 'redisToken', 'pseudonym'] as const

export type Secrets = Record<(typeof names)[number], string>

/** The passwords of this stack, made at its first start and kept in its home. */
export function readSecrets(home: string): Secrets {
  const file = path.join(home, 'secrets.json')
  const known = read(file)
  const secrets = Object.fromEntries(
    names.map((name) => [name, known[name] ?? randomBytes(24).toString('hex')]),
  ) as Secrets
  if (names.some((name) => !known[name])) {
    mkdirSync(home, { recursive: true })
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  }
  return secrets
}

function read(file: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    // A damaged file must not be replaced: the databases know the old passwords.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Error(`${file} cannot be read: ${(error as Error).message}`)
  }
}
