import { handler as messages } from '../../functions/http/messages.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { addTarget, ownNotifications, work, written } from '../support/messages.ts'
import { closeStores } from '../support/service.ts'

ownNotifications()
afterAll(closeStores)

const caller = (venueId: string) => ({ venues: { [venueId]: 'manager' as const } })

/** A venue by the clocks of Berlin. */
async function berlin(): Promise<string> {
  const venueId = unique('v')
  const { status } = await request(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller: caller(venueId),
    params: { venueId },
    headers: { 'if-match': '*' },
    body: {
      ...{ name: 'Tempodrom', timezone: 'Europe/Berlin', dayStart: '06:00' },
      ...{ weekStart: 'monday', currency: 'EUR' },
    },
  })
  expect(status).toBe(200)
  return venueId
}

/** What the local stack has taken for an address. */
async function letters(to: string): Promise<{ subject: string; text: string; html: string }[]> {
  const sink = process.env.AWS_ENDPOINT_URL_SESV2
  const answer = await fetch(`${sink}/messages?to=${encodeURIComponent(to)}`)
  return ((await answer.json()) as { items: [] }).items
}

test('a report is told in the language of the contact point, by the venue’s clocks, with a link', async () => {
  const venue = await berlin()
  const told = async (locale: 'de' | 'en') => {
    const address = `${unique('u')}@example.com`
    const place = await addTarget(venue, { kind: 'email', address }, { locale })
    await work(venue, await written(venue, place))
    return letters(address)
  }
  const link = `https://dashboard.turnout.example/venues/${venue}/exports/x-1`
  expect(await told('de')).toMatchObject([
    {
      subject: 'Bericht fertig: Sales',
      text: `Der Bericht „Sales“ von Tempodrom, fällig 2. Juni 2026, 13:00 MESZ, ist fertig.\n\n${link}`,
      html: expect.stringContaining(`<a href="${link}">${link}</a>`),
    },
  ])
  const [english] = await told('en')
  expect(english?.text).toContain('due Jun 2, 2026, 1:00 PM GMT+2, is ready')
})

test('a preview shows instants by the venue’s clocks, too', async () => {
  const venueId = await berlin()
  const route = 'POST /v1/venues/{venueId}/message-templates/{key}/preview'
  const asked = { params: { venueId, key: 'report-failed' }, body: { locale: 'fr' } }
  const { body } = await request(messages, route, { caller: caller(venueId), ...asked })
  expect(body.email.text).toContain('prévu pour le 2 juin 2026, 13:00 UTC+2')
  expect(body.webhook.data.dueAt).toBe('2026-06-02T11:00:00.000000Z')
})
