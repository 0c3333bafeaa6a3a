/** What `--help` prints for each script, readable before anything is installed. */
export const usage = {
  'local/start.ts': `npm start [-- --empty]

Starts every store and the service on 127.0.0.1 and prints their addresses and READY.
Ctrl-C stops all of it; the state is kept and the next start continues from it.

  --empty   do not feed the demo venue into an empty database

environment
  TURNOUT_HOME        where the state is kept (default .turnout)
  TURNOUT_PORT_BASE   first of eleven ports (default 3000)
  WEBHOOK_ALLOWED_HOSTS
                      hosts (host or host:port, commas between) that webhooks may go to though they
                      are local
  STACK=compose       use the Docker services of localstack-compose.yml
  DATABASE_URL, DATABASE_READER_URL, MONGODB_URI, AWS_ENDPOINT_URL,
  UPSTASH_REDIS_REST_URL with UPSTASH_REDIS_REST_TOKEN
                      use a store that runs elsewhere`,

  'local/test.ts': `npm test [-- JEST-ARGUMENTS]

Starts stores of its own on free ports, runs the tests and stops them. Arguments go to jest:
  npm test -- test/events      files whose path contains test/events
  npm test -- -t 'counts once' tests by name`,

  'local/check.ts': `npm run check

Format and lint, types, dead code and unused dependencies, architecture rules. No database.`,

  'local/token.ts': `npm run token -- --venue V[,V2] --role ROLE [--user U] [--expires 1h]

Prints a signed token for the local system.

  --role      viewer, analyst, manager or owner of the venues; ingest: write key of one venue;
              ops: operations, no venue
  --user      subject (default local-user)
  --expires   30s, 15m, 1h, 7d (default 1h)`,

  'local/import.ts': `npm run import -- FILE --map MAP.json [--source S] [--dry-run]

Reads CSV or NDJSON (plain or .gz), maps its rows to events and sends them through the queue of
the running system. What is counted already is not sent again: an import that was interrupted is
resumed by running it again, and a second import changes no number.

  --map       how a record becomes events; examples are in test/maps
  --source    what event ids begin with (default: the file's base name without extensions)
  --dry-run   tell what would be sent, send nothing; needs no running system`,

  'local/demo.ts': `npm run demo [-- --speed 60] [--venue demo] [--seed 1]

Plays one evening into the running system, through the queue: the last tickets are sold, the sale
of another show opens, people come through the doors, the curtain falls, the house empties. What
was sold in the weeks before is told at once. Ends when the show is over; Ctrl-C stops it.

  --speed   how much faster than life: at 60 a minute of the show takes a second, and the evening
            four and a half minutes (default 60). Events carry the time at which they are sent.
  --venue   the venue that plays (default demo); its zone and currency are its settings'
  --seed    which evening; the same seed draws the same people (default 1)`,

  'test/crash/run.ts': `npm run crash -- [--events N] [--seed N] [--json FILE]

Sends events through the queue to eight handlers in processes of their own while handlers, the
clock, Postgres, Mongo and Redis are killed (SIGKILL) again and again; then compares every number
with brute force over the events. Starts stores of its own. Ends with 1 when anything is lost,
doubled or different.

  --events   how many (default 20000, at least 2000); each is sent one to five times
  --seed     makes and sends the same events again; what meets which kill is up to the machine
  --json     also writes the report to a file`,

  'test/outages/run.ts': `npm run outages [-- --alone | --together | --brief] [-- --json FILE]

Starts a system of its own with a proxy before each store, takes the stores away, makes them slow or
silent and brings them back, alone and together, while orders keep coming. Prints what was seen as a
Markdown table, and each promise that was not kept; then the exit code is 1. Half an hour.

  --alone     one store at a time
  --together  pairs, and all four
  --brief     four outages close upon each other, two minutes: what npm test runs
  --json      also write all figures to a file`,

  'test/fuzz/run.ts': `npm run fuzz [-- --requests N] [-- --seed N]

Starts a system of its own and asks every operation of its OpenAPI document for what nobody should:
injections, operators, numbers and times beyond all bounds, broken text, wrong types and packings.
Ends with 1 when an answer is a 5xx, comes too late, is not as the document has it, names no field or
tells of another venue; when the service grows by 50 MB; or when the worker gives an event up.

  --requests  how many (default 20000)
  --seed      sends the same again`,

  'migrations/migrate.ts': `npm run migrate

Migrates the databases of the environment: DATABASE_OWNER_URL and MONGODB_URI.`,

  'local/package.ts': `npm run package [-- --stage S]

Builds the template and the bundles into .serverless, without a network or an account.`,

  'local/deploy.ts': `npm run deploy -- --stage S

Deploys with the credentials of the environment. Arguments go to the framework.`,

  'test/bench/run.ts': `npm run bench [-- --only NAME[,NAME]] [--quick] [--events N[,N]] [--json FILE]

Measures the service against what this machine can do, on stores of its own that keep what they
commit. Prints medians, ratios and whether the targets are met; exit 1 when one is missed.

  --only     wrappers, functions, ingest, sustained, tick, cost, old, questions, answers, exports
             (default: all, in turn), sockets (five minutes on a system of its own)
  --quick    fewer runs, and questions at 100,000 and a million events
  --events   sizes for the questions (default 1e6,1e7; the larger takes minutes and 5 GB to write)
  --json     every run, the medians, the machine and its load average`,
}
