const placeholders = /\[(?:email|phone|ip|removed|card|token)\]/g

const words = new Set(
  (
    'email emails mail emailaddress phone phones telephone tel telefon mobile cell cellphone msisdn fax handy ' +
    'whatsapp ip ips ipv4 ipv6 ipaddr ipaddress address addresses addr adresse anschrift street ' +
    'strasse zip zipcode postcode postalcode plz firstname lastname fullname middlename givenname ' +
    'familyname surname forename username nickname displayname realname vorname nachname prenom ' +
    'nom nombre apellido apellidos correo dob birthday birthdate birth ssn passport iban pan cvv ' +
    'cvc password passwd pwd secret token authorization cookie cookies latitude longitude lat lng ' +
    'lon geo'
  ).split(' '),
)

const fragments =
  /(?:api|access|secret|private)key|email|phone|useragent|remoteaddr|forwardedfor|clientip|realip|ipaddress|cardnumber|postalcode|dateofbirth|(?:first|last|full|middle|given|family|sur|user|nick|display|customer|buyer|holder|attendee|guest|recipient|contact|owner|member|person|client)names?$/

const people = new Set(
  (
    'first last full middle given family sur user customer buyer holder attendee attendees guest ' +
    'guests recipient contact cardholder card billing shipping owner account display nick maiden ' +
    'legal person passenger member payer purchaser sender host staff employee patron client ' +
    'visitor bearer participant signer author'
  ).split(' '),
)

const identity =
  /^(?:from|to)?(?:customer|user|buyer|purchaser|guest|attendee|holder|member|patron|client|anonymous|contact|person|visitor)(?:ids?|uuid|no|number|ref)$/

/** Whether a field of this name tells who somebody is or where to reach them. */
export function isPersonalKey(key: string): boolean {
  const parts = partsOf(key)
  if (parts.some((part) => words.has(part)) || fragments.test(parts.join(''))) return true
  if (!parts.includes('name') && !parts.includes('names')) return false
  return parts[0] === 'name' || parts[0] === 'names' || parts.some((part) => people.has(part))
}

/** Whether a field of this name is about somebody, so that plain text in it is their name. */
export function isPersonKey(key: string): boolean {
  const last = partsOf(key).at(-1)
  return last !== undefined && people.has(last) && !plainWords.has(last)
}

const plainWords = new Set(
  'first last full middle given family user account card billing shipping display legal host'.split(
    ' ',
  ),
)

/** Whether a field of this name holds the id of a person. */
export const isIdentityKey = (key: string): boolean => identity.test(partsOf(key).join(''))

/** Whether a field of this name is about a person in either way. */
export const tells = (key: string): boolean => isPersonalKey(key) || isIdentityKey(key)

function partsOf(key: string): string[] {
  return key
    .slice(0, 200)
    .replace(placeholders, ' ')
    .normalize('NFKC')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
}
