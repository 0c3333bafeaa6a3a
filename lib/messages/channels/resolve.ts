import type { LookupAddress, LookupOptions } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { isPublicAddress } from './public-address.ts'

/** The addresses of a name. */
export type Resolve = (name: string) => Promise<LookupAddress[]>

/** A name leads to where nothing may be sent. */
export class AddressRefused extends Error {
  constructor() {
    super('the name leads to an address that is not of the internet')
    this.name = 'AddressRefused'
  }
}

/**
 * Asks the name servers, never the files of this machine, and without its search domains. Not by
 * the four threads of getaddrinfo, which a few slow name servers would hold from everybody.
 */
export const resolveName: Resolve = async (name) => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ]
  if (found.length === 0 && four.status === 'rejected') throw four.reason
  return found
}

type Callback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/**
 * For `lookup` of a request: what it hands over is what is connected to, so that a name that leads
 * elsewhere a moment later gains nothing. One address that is not public refuses them all.
 */
export const publicLookup =
  (resolve: Resolve) =>
  (name: string, options: LookupOptions, callback: Callback): void => {
    resolve(name).then(
      (found) => {
        const fits = found.filter(({ family }) => !options.family || options.family === family)
        const [first] = fits
        if (found.some(({ address }) => !isPublicAddress(address))) {
          callback(new AddressRefused(), [])
        } else if (!first) {
          callback(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), [])
        } else if (options.all) {
          callback(null, fits)
        } else {
          callback(null, first.address, first.family)
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
