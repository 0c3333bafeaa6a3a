// Put in place when the functions are bundled, by local/gateway-routes.mjs.
declare const gatewayRoutes: string[] | undefined

/** The methods that the gateway knows at an address, OPTIONS included; none where nothing is. */
export function methodsAt(path: string): string[] {
  const routes = typeof gatewayRoutes === 'undefined' ? [] : gatewayRoutes
  const parts = path.split('/')
  const found = routes.flatMap((key) => {
    const [method = '', template = ''] = key.split(' ')
    return isAt(template.split('/'), parts) ? [method] : []
  })
  return found.length > 0 ? [...new Set(found), 'OPTIONS'] : []
}

const isAt = (template: string[], parts: string[]): boolean =>
  template.length === parts.length &&
  template.every((part, i) => part === parts[i] || (part.startsWith('{') && parts[i] !== ''))
