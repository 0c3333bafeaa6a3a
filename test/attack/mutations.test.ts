import { failuresOf, type Mutation } from '../support/mutant.ts'

type Case = { what: string; mutation: Mutation; testFile: string; test: string }

// What may be changed in the database is in test/tenancy/catalog.test.ts, every other filter by the
// venue in test/tenancy/statements.test.ts.
const cases: Case[] = [
  {
    what: 'the setting of the venue outlives its transaction',
    mutation: { file: 'lib/clients/postgres.ts', from: "?? ''}, true)", to: "?? ''}, false)" },
    testFile: 'test/tenancy/rows.test.ts',
    test: 'the venue ends with its transaction, not with the connection',
  },
  {
    what: 'a statement forgets its venue',
    mutation: {
      file: 'lib/quarantine/store.ts',
      from: 'where q.venue_id =',
      to: 'where q.event_id is distinct from',
    },
    testFile: 'test/tenancy/statements.test.ts',
    test: 'every statement about a venue’s rows names the venue',
  },
  {
    what: 'a role that is too low is let in',
    mutation: {
      file: 'lib/access/permit.ts',
      from: 'if (!isHeld) throw',
      to: 'if (!access) throw',
    },
    testFile: 'test/functions/http-matrix.test.ts',
    test: 'as viewer: what the role holds is answered, the rest is 403',
  },
]
let failures: string[]

beforeAll(async () => {
  const mutations = cases.map(({ mutation }) => mutation)
  failures = await failuresOf(
    cases.map(({ testFile }) => testFile),
    mutations,
  )
}, 120_000)

test.each(cases)('the suite is red when $what', ({ test: name }) => {
  expect(failures).toContain(name)
})

test('and no redder than that: what has nothing to do with it stays green', () => {
  expect(failures).not.toContain('without a token 401, with one that is no caller too')
  expect(failures).not.toContain('the ledger and the inbox are append only')
  expect(failures).not.toContain('the check finds a statement that forgets its venue')
})
