/** The page of /docs: a frame for the renderer, without a line of code or style in it. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Turnout API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript. The same in JSON: <a href="v1/openapi.json">v1/openapi.json</a></noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`

/** Starts the renderer with our document; the examples of the guide get the address of this page. */
export const startScript = `
const base = new URL('.', location.href)
fetch(new URL('v1/openapi.json', base))
  .then((answer) => answer.json())
  .then((spec) => {
    const here = base.href.replace(/\\/$/, '')
    spec.info.description = spec.info.description.replaceAll('http://127.0.0.1:3000', here)
    spec.servers = [{ url: here }]
    SwaggerUIBundle({
      spec,
      dom_id: '#docs',
      deepLinking: true,
      defaultModelsExpandDepth: 0,
      tryItOutEnabled: true,
      validatorUrl: null,
    })
  })
`

/**
 * What the page may do: run our scripts and styles, and call this API. The renderer puts its icons
 * into its style sheet as data, nothing else comes from elsewhere.
 */
export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
