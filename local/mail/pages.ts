import type { Kept } from './kept.ts'

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #ccc;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere}
iframe{width:100%;height:30rem;border:1px solid #ccc}`

/** All that is kept, as a page. */
export function listPage(all: readonly Kept[]): string {
  const rows = all.map(
    ({ id, at, kind, to, subject, text }) =>
      `<tr><td>${safe(at.slice(11, 19))}<td>${kind}<td>${safe(to)}` +
      `<td><a href="/messages/${id}/page">${safe((subject || text).slice(0, 200))}</a>`,
  )
  const table = `<table><tr><th>at (UTC)<th>kind<th>to<th>message${rows.join('')}</table>`
  return page('Messages', rows.length > 0 ? table : '<p>No message was sent yet.')
}

/** One message; its HTML in a frame that may run nothing, load nothing and lead nowhere. */
export function messagePage({ id, kind, to, subject, text, html, headers }: Kept): string {
  const heads = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return page(
    subject || kind,
    `<p><a href="/">All messages</a><p>${kind} to ${safe(to)}` +
      (html === null ? '' : `<iframe sandbox src="/messages/${id}/html"></iframe>`) +
      `<h2>Text</h2><pre>${safe(text)}</pre><h2>Headers</h2><pre>${safe(heads.join('\n'))}</pre>`,
  )
}

const page = (title: string, body: string) =>
  `<!doctype html><meta charset="utf-8"><title>${safe(title)}</title><style>${style}</style>` +
  `<h1>${safe(title)}</h1>${body}`

const safe = (text: string) =>
  text.replace(
    /[&<>"']/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[one] ?? '',
  )
