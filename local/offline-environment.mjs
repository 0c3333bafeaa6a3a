/**
 * Serverless plugin: while the service runs locally, values of this process's environment take
 * the place of those that the template gives to functions. Addresses and secrets of a deployment
 * mean nothing here, and the template need not know that it is run locally.
 */
export default class OfflineEnvironment {
  constructor({ service, processedInput }, { httpPort }) {
    this.hooks = { 'before:offline:start:init': () => preferProcess(service) }
    // Bundles of its own: packaging clears the usual folder, and a running system reads from it.
    if (processedInput.commands[0] !== 'offline') return
    service.custom.esbuild.outputWorkFolder = `node_modules/.cache/turnout-offline-${httpPort}`
  }
}

function preferProcess(service) {
  const functions = service.getAllFunctions().map((name) => service.getFunction(name))
  for (const { environment } of [service.provider, ...functions]) {
    for (const name of Object.keys(environment ?? {})) {
      if (process.env[name] !== undefined) environment[name] = process.env[name]
    }
  }
}
