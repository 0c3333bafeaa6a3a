/**
 * Serverless plugin: what follows from the routes of serverless.yml and is not written there. The
 * gateway of AWS tells HEAD from GET, so that each GET has a HEAD beside it. (The offline gateway
 * sends HEAD where GET goes, by itself.) OPTIONS is answered by the function behind the default
 * route, which is told all routes when it is bundled.
 */
export default class GatewayRoutes {
  constructor({ service }) {
    const events = Object.values(service.functions ?? {}).map((one) => (one.events ??= []))
    for (const each of events) each.push(...each.flatMap(headOf))
    const routes = events.flat().flatMap(routeKeyOf)
    const { esbuild } = service.custom
    esbuild.define = { ...esbuild.define, gatewayRoutes: JSON.stringify(routes) }
  }
}

const headOf = (event) =>
  isRoute(event) && event.httpApi.method === 'GET'
    ? [{ httpApi: { ...event.httpApi, method: 'HEAD' } }]
    : []

const routeKeyOf = (event) =>
  isRoute(event) ? [`${event.httpApi.method} ${event.httpApi.path}`] : []

const isRoute = ({ httpApi }) => typeof httpApi === 'object' && httpApi !== null
