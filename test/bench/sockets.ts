import { measureCrowd } from './live-crowd.ts'
import { measureBurst, measureSteady } from './live-flow.ts'
import { measureLostRedis } from './live-redis.ts'
import { compareWithApi } from './live-same.ts'
import { startLiveSystem } from './live-system.ts'
import { type Section, section } from './section.ts'

/** The path from the queue to the sockets, on a whole system of its own. */
export async function benchSockets(): Promise<Section> {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const system = await startLiveSystem(say)
  try {
    say('  50 events a second')
    const steady = await measureSteady(system)
    say('  1,000 events a second')
    const burst = await measureBurst(system)
    say('  Redis is lost')
    const lost = await measureLostRedis(system)
    say('  1,000 sockets')
    const crowd = await measureCrowd(system)
    const watchers = [steady, burst, lost, crowd].flatMap((one) => one.watchers)
    for (const { watcher } of watchers) watcher.close()
    say('  the API')
    const same = await compareWithApi(system, watchers)
    const lines = [steady, burst, lost, crowd].flatMap((one) => one.lines)
    return section('Sockets, from the queue to the client', [...lines, ...same], crowd.notes)
  } finally {
    await system.stop()
  }
}
