import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { Preferences } from '../../lib/messages/preference-schema.ts'
import { changePreferences, preferencesOf } from '../../lib/messages/preferences.ts'

const etagOf = (revision: number): string => `"preferences-${revision}"`

const answerOf = (told: { preferences: Preferences; revision: number }): Answer =>
  new Answer(200, told.preferences, { etag: etagOf(told.revision) })

const routes = {
  'GET /v1/me/notification-preferences': route(
    {
      access: 'token',
      summary: 'How I want to be reached',
      response: Preferences,
      refuses: ['forbidden'],
    },
    async ({ caller }) => answerOf(await preferencesOf(caller)),
  ),

  'PUT /v1/me/notification-preferences': route(
    {
      access: 'token',
      summary: 'Change how I want to be reached',
      body: Preferences,
      response: Preferences,
      refuses: ['forbidden'],
      description: 'They hold for contact points with my user id, in every venue.',
    },
    async ({ caller, body, ifMatch }) => {
      const isCurrent = (revision: number) => matches(ifMatch, etagOf(revision))
      return answerOf(await changePreferences(caller, body, isCurrent))
    },
  ),
}

export const handler = http(routes, once)
