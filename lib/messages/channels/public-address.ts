import { BlockList, isIP } from 'node:net'

// IPv4 outside of these is public: https://www.iana.org/assignments/iana-ipv4-special-registry
const notPublic4: [string, number][] = [
  ['0.0.0.0', 8], // this network; connects to this machine
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // behind a carrier's NAT
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, where clouds keep their metadata
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24], // relays to 6to4
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
]

// Of IPv6 only this is public, so that mapped (::ffff:), NAT64 (64:ff9b::), unique local and
// link-local addresses need no rule of their own …
const public6: [string, number] = ['2000::', 3]
// … and of it not what is reserved, or hides an address of IPv4.
const notPublic6: [string, number][] = [
  ['2001::', 23], // Teredo and other protocols
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['3fff::', 20],
]

const shut = new BlockList()
for (const [net, prefix] of notPublic4) shut.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of notPublic6) shut.addSubnet(net, prefix, 'ipv6')
const open = new BlockList()
open.addSubnet(...public6, 'ipv6')

/** Whether an IP address belongs to a host of the internet, not to a network of our own. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !shut.check(address, 'ipv4')
  // A zone (%eth0) names an interface of this machine.
  if (version !== 6 || address.includes('%')) return false
  return open.check(address, 'ipv6') && !shut.check(address, 'ipv6')
}
