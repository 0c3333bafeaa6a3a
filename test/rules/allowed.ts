/** What the architecture allows, each exception with its reason. Prefer moving a line to adding one. */

/** One wrapper for each kind of trigger. */
export const wrappers = ['lib/http.ts', 'lib/queue.ts', 'lib/schedule.ts', 'lib/socket.ts']

/** Domains that use a value of a wrapper. */
export const talkToClients: Record<string, string[]> = {
  // the attributes by which the worker knows the service's own messages
  'lib/queue.ts': ['lib/events/queue.ts', 'lib/operations/redrive.ts'],
}

/** The files that may use a package at run time. */
export const clientsOfPackages: Record<string, string[]> = {
  '@middy/core': wrapperFiles(),
  '@aws-sdk/client-apigatewaymanagementapi': ['lib/clients/sockets.ts', 'lib/sockets/post.ts'],
  '@aws-sdk/client-s3': ['lib/clients/s3.ts', 'lib/exports/object-*.ts', 'lib/operations/ready.ts'],
  '@aws-sdk/client-sesv2': ['lib/clients/ses.ts', 'lib/messages/channels/email.ts'],
  '@aws-sdk/client-sns': ['lib/clients/sns.ts', 'lib/messages/channels/phone.ts'],
  '@aws-sdk/s3-request-presigner': ['lib/exports/object-link.ts'],
  '@aws-sdk/client-sqs': [
    'lib/clients/sqs.ts',
    'lib/events/give-back.ts',
    'lib/events/queue.ts',
    'lib/imports/send.ts',
    'lib/operations/dead-letters.ts',
    'lib/operations/fan-out.ts',
    'lib/operations/ready.ts',
    'lib/operations/redrive.ts',
    'lib/sockets/announce.ts',
  ],
  '@upstash/redis': ['lib/clients/redis.ts'],
  'csv-parse': ['lib/imports/read.ts'],
  'hyparquet-writer': ['lib/exports/formats/parquet.ts'],
  'rrule-temporal': ['lib/report-schedules/rule.ts'],
  jose: ['lib/access/token.ts'],
  mongodb: ['lib/clients/mongo.ts', 'migrations/migrate.ts'],
  standardwebhooks: ['lib/messages/channels/webhook.ts'],
  postgres: ['lib/clients/postgres.ts', 'migrations/migrate.ts', 'migrations/roles.ts'],
  yazl: ['lib/exports/formats/xlsx.ts'],
}

/** Where an AWS client is made. */
export const awsCommands = {
  makers: ['lib/clients/*.ts', 'migrations/migrate.ts'],
}

/** Rules: they decide, and do nothing else. */
export const pureFiles = [
  'lib/alerts/{condition,duration,evaluate,finding,gauges,matchers,policy-schema,ready-rules,rule,schedule,state,threshold,transition}.ts',
  'lib/time/*.ts',
  'lib/audit/days.ts',
  'lib/access/{grants,permit}.ts',
  'lib/carts/{abandonment,cart}.ts',
  'lib/errors.ts',
  'lib/named.ts',
  'lib/exports/{catalogue,describe,dimensions,file,grouped,measured,render}.ts',
  'lib/exports/files/*.ts',
  'lib/gateway-routes.ts',
  'lib/exports/formats/{file-name,format,instant-text,json,json-row,ndjson,xml-text}.ts',
  'lib/exports/formats/xlsx-*.ts',
  'lib/headers.ts',
  'lib/emf.ts',
  'lib/intake/tally.ts',
  'lib/json-text.ts',
  'lib/problem.ts',
  'lib/sockets/{channel,frame}.ts',
  'lib/messages/{back-off,escape,links,number-text,render,room,template-text,templates,timing}.ts',
  'lib/messages/channels/{answered,delivery-key,public-address,web-address}.ts',
  'lib/ledger/{entry,book,orders,admissions}.ts',
  'lib/metrics/{catalogue,plan,question,answer}.ts',
  'lib/retention/classes.ts',
  'lib/report-schedules/{membership,once-id,period,rule-parts,wall-clock}.ts',
  'lib/reconciliation/{told,compare}.ts',
  'lib/venues/{settings,sources}.ts',
  'lib/events/!(commit|give-back|ingest|queue|receive).ts',
  'lib/imports/{columns,comparison,event,expression,local-time,map}.ts',
  'lib/imports/{pack,refusal,report,schema,template,values}.ts',
]

/** SQL outside of store files. */
export const filesWithSql: Record<string, string> = {
  'lib/venues/limit-store.ts': 'how many of something a venue has, of whatever table',
  'lib/alerts/tick-store.ts': 'what a tick takes, remembers and opens',
  'lib/alerts/escalation-store.ts': 'the steps of policies that are due',
  'lib/alerts/gauge-store.ts': 'numbers that are known for now alone, of carts and inventory',
  'lib/alerts/quiet-store.ts': 'what holds messages back at a tick',
  'lib/alerts/rule-store.ts': 'of rules and of what is known of their groups',
  'lib/alerts/instance-store.ts': 'what fired, and what was done with it',
  'lib/alerts/silence-store.ts': 'of silences, which nothing else is told with',
  'lib/alerts/mute-window-store.ts': 'of mute windows, which nothing else is told with',
  'lib/alerts/policy-store.ts': 'who is told when nobody takes care',
  'lib/exports/claims.ts': 'how an export is taken and let go; store.ts is of those who ask',
  'lib/messages/claims.ts':
    'how messages are taken and let go; store.ts is of those who write them',
  'lib/messages/end-store.ts': 'how messages ended; store.ts is of those that are written and told',
  'lib/messages/contact-point-store.ts': 'where messages go; store.ts is of messages',
  'lib/messages/preference-store.ts': 'of persons, in no venue',
  'lib/messages/template-store.ts': 'what messages say; store.ts is of messages',
  'lib/sockets/channel-store.ts': 'what is told, of venues; store.ts is of those who listen',
  'lib/exports/source.ts': 'what every file reads, and the one statement that tells it what',
  'lib/ledger/state.ts': 'what a count must know, read and locked in one place',
  'lib/ledger/rebuild-days.ts': 'one statement that makes the day tier anew, beside its rules',
  'lib/realtime/live.ts': 'the question and the key it is kept under on one screen',
  'lib/operations/catch-up.ts': 'asks what waits, of all venues',
  'lib/report-schedules/run-store.ts': 'what became of schedules; store.ts is of what is to be',
  'lib/operations/ready.ts': 'asks whether Postgres answers',
  'lib/operations/redrive.ts': 'asks whether Postgres answers',
}

/** Uses of another domain's store. */
export const foreignStores: Record<string, string> = {
  'lib/alerts/points.ts → lib/venues/store.ts': 'the zone, read with the rules',
  'lib/audit/audit.ts → lib/venues/store.ts': 'the zone, in the transaction of a step',
  'lib/audit/request.ts → lib/venues/store.ts': 'the zone of the days that are asked for',
  'lib/audit/steps.ts → lib/drift/store.ts': 'sums of shows have no more to their audit',
  'lib/audit/steps.ts → lib/ledger/store.ts': 'the facts, of the transaction that compares',
  'lib/audit/steps.ts → lib/windows/store.ts': 'the lease, for the transaction that compares',
  'lib/data-quality/data-quality.ts → lib/archive/store.ts':
    'what waits, of the snapshot that is told',
  'lib/data-quality/data-quality.ts → lib/intake/store.ts':
    'what came, of the snapshot that is told',
  'lib/data-quality/data-quality.ts → lib/quarantine/store.ts':
    'what waits, of the snapshot that is told',
  'lib/drift/windows.ts → lib/windows/store.ts': 'windows are mended as they are made',
  'lib/events/commit.ts → lib/archive/store.ts': 'the raw copy waits in the commit’s transaction',
  'lib/events/commit.ts → lib/carts/store.ts': 'kept in the commit’s transaction',
  'lib/events/commit.ts → lib/intake/store.ts': 'tallied in the commit’s transaction',
  'lib/events/commit.ts → lib/ledger/store.ts': 'entries are counted in the commit’s transaction',
  'lib/events/commit.ts → lib/own-metrics/store.ts': 'recorded in the commit’s transaction',
  'lib/events/commit.ts → lib/quarantine/store.ts': 'refused in the commit’s transaction',
  'lib/events/commit.ts → lib/reconciliation/store.ts': 'told of in the commit’s transaction',
  'lib/events/commit.ts → lib/shows/store.ts': 'told of in the commit’s transaction',
  'lib/events/commit.ts → lib/venues/store.ts': 'settled in the commit’s transaction',
  'lib/events/ingest.ts → lib/quarantine/store.ts': 'refusals as rows, of a venue or of none',
  'lib/events/ingest.ts → lib/strays/store.ts': 'messages of no venue have no verb of their own',
  'lib/explain/store.ts → lib/metrics/store.ts': 'the conditions of the sums that are explained',
  'lib/intake/stats.ts → lib/archive/store.ts': 'what waits, of the snapshot that is told',
  'lib/intake/stats.ts → lib/quarantine/store.ts': 'what waits, of the snapshot that is told',
  'lib/intake/stats.ts → lib/venues/store.ts': 'the zone, of the snapshot that is told',
  'lib/ledger/rebuild-days.ts → lib/venues/store.ts': 'the zone, under the venue’s lock',
  'lib/messages/claim.ts → lib/venues/store.ts': 'the zone, in the transaction that claims',
  'lib/messages/contact-points.ts → lib/report-schedules/store.ts':
    'who names it, in the transaction that deletes',
  'lib/messages/template-change.ts → lib/venues/store.ts':
    'the zone, of the snapshot that is shown',
  'lib/messages/write.ts → lib/venues/store.ts': 'the name, in the transaction that writes',
  'lib/metrics/ask.ts → lib/venues/store.ts': 'the zone, of the snapshot that is summed',
  'lib/quarantine/list.ts → lib/venues/store.ts': 'the zone of the days that are asked for',
  'lib/realtime/counters.ts → lib/own-metrics/store.ts': 'counted in the snapshot that is told',
  'lib/realtime/counters.ts → lib/venues/store.ts': 'the last ingest, under the venue’s lock',
  'lib/realtime/gauges.ts → lib/own-metrics/store.ts': 'of the snapshot that is told',
  'lib/realtime/gauges.ts → lib/shows/store.ts': 'capacities, of the snapshot that is summed',
  'lib/realtime/refresh.ts → lib/venues/store.ts': 'the clock, of the snapshot that is summed',
  'lib/retention/policy.ts → lib/venues/store.ts': 'the zone whose midnight decides',
  'lib/report-schedules/change.ts → lib/venues/store.ts': 'the zone, in the transaction that plans',
  'lib/report-schedules/request-run.ts → lib/venues/store.ts': 'the days of the period',
  'lib/report-schedules/tend.ts → lib/venues/store.ts': 'the zone, in the transaction that plans',
  'lib/sockets/states.ts → lib/archive/store.ts': 'what waits, of the snapshot that is told',
  'lib/sockets/states.ts → lib/intake/store.ts': 'how late it came, of the snapshot that is told',
  'lib/sockets/states.ts → lib/quarantine/store.ts': 'what waits, of the snapshot that is told',
  'lib/windows/aggregate.ts → lib/show-sums/store.ts': 'of the same entries, in one transaction',
  'lib/windows/list.ts → lib/venues/store.ts': 'the zone that the windows are told in',
  'lib/windows/aggregate.ts → lib/venues/store.ts': 'the zone, in the transaction that cuts by it',
}

/** Readers of the environment besides lib/config.ts. */
export const readersOfEnvironment: Record<string, string> = {
  'lib/config.ts': 'the one reader',
  'lib/clients/s3.ts': 'AWS_ENDPOINT_URL is the SDK’s own setting, not one of ours',
  'migrations/migrate.ts': 'a command, run by hand and in deployment',
}

/** Files longer than 250 lines: to be split by question, never to grow. */
export const longFiles: Record<string, number> = {}

/** Steps that use code of the service, which may change under a step that ran. */
export const migrationsWithCode: Record<string, string> = {
  'migrations/mongo/0001_raw_events.ts': 'the validator is made from the envelope’s schema',
  'migrations/mongo/0004_orders_checksum.ts': 'the validator is made from the envelope’s schema',
}

function wrapperFiles(): string[] {
  return ['lib/http.ts', 'lib/queue.ts', 'lib/schedule.ts', 'lib/socket.ts']
}
