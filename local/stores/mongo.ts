import { chownSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { MongoClient, type MongoServerError } from 'mongodb'
import postgres from 'postgres'
import { engineParts } from '../fetch/documentdb-package.ts'
import type { Place } from '../place.ts'
import type { Member } from '../processes/crew.ts'
import { type Ports, waitForPort } from '../processes/ports.ts'
import { adminUrlOf, postgresServer } from './postgres-server.ts'

const replicaSet = 'turnout'
const notYetInitialized = 94
const engineSettings = {
  shared_preload_libraries: 'pg_cron,pg_documentdb_core,pg_documentdb',
  'cron.database_name': 'postgres',
  'cron.use_background_workers': 'on',
  'cron.log_run': 'off',
  'cron.log_statement': 'off',
}

/** The address of the local Mongo, whichever engine answers there. */
export const mongoUri = (port: number) =>
  `mongodb://127.0.0.1:${port}/turnout?directConnection=true`

/** A mongod as a replica set of one: transactions and change streams need a set. */
export function mongodServer(program: string, place: Place, port: number): Member {
  const data = path.join(place.data, 'mongo')
  mkdirSync(data, { recursive: true })
  if (place.runAs.uid !== undefined) chownSync(data, place.runAs.uid, place.runAs.gid ?? -1)
  return {
    name: 'mongo',
    command: program,
    args: [
      ...['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1'],
      ...['--replSet', replicaSet, '--nounixsocket'],
    ],
    options: { ...place.runAs, cwd: '/' },
    ready: async () => {
      await waitForPort(port)
      await ensureReplicaSet(port)
    },
  }
}

/** The PostgreSQL that holds the documents of the DocumentDB engine. */
export async function documentDbServer(
  engine: string,
  place: Place,
  ports: Ports,
  password: string,
  settings: Record<string, string>,
): Promise<Member> {
  const { bin, zoneinfo } = engineParts(engine)
  const server = {
    name: 'documentdb',
    bin,
    port: ports.documentdb,
    password,
    place,
    zoneinfo,
    // The engine connects to itself, for instance to create a collection with its first document.
    variables: { PGPASSWORD: password },
    settings: { ...engineSettings, ...settings },
  }
  const member = await postgresServer(server)
  return {
    ...member,
    ready: async () => {
      await member.ready()
      await ensureExtension(adminUrlOf(server))
    },
  }
}

/** The gateway that speaks Mongo's protocol to that PostgreSQL. */
export function documentDbGateway(ports: Ports, password: string): Member {
  const url = adminUrlOf({ port: ports.documentdb, password })
  return {
    name: 'mongo',
    command: process.execPath,
    args: [path.join(import.meta.dirname, '../documentdb/gateway.ts'), String(ports.mongo)],
    options: { env: { ...process.env, ENGINE_URL: url } },
    ready: () => waitForPort(ports.mongo),
  }
}

async function ensureExtension(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql`create extension if not exists documentdb cascade`
  } finally {
    await sql.end()
  }
}

async function ensureReplicaSet(port: number) {
  const host = `127.0.0.1:${port}`
  const client = await MongoClient.connect(`mongodb://${host}/?directConnection=true`)
  try {
    const admin = client.db('admin')
    const config = await admin.command({ replSetGetConfig: 1 }).then(
      (reply) => reply.config,
      (error: MongoServerError) => {
        if (error.code !== notYetInitialized) throw error
      },
    )
    const members = [{ _id: 0, host }]
    if (!config) await admin.command({ replSetInitiate: { _id: replicaSet, members } })
    // The set knows itself by its port, and the ports may have moved since.
    else if (config.members[0].host !== host) {
      const moved = { ...config, version: config.version + 1, members }
      await admin.command({ replSetReconfig: moved, force: true })
    }
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
      if ((await admin.command({ hello: 1 })).isWritablePrimary) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('the replica set has no primary after 20 s')
  } finally {
    await client.close()
  }
}
