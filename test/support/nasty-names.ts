/** Names of shows and venues that would be more than text to whoever is careless. */
export const nastyNames = [
  '<img src=x onerror=alert(1)>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what templates of others are made of
  '{{severity}} ${severity} {{{html}}}',
  "$& $` $' $1 $$",
  '"}],"text":"x',
  '<!channel> <@U123> <#C1>',
  '<https://evil.example|ok>',
  'Two\r\nBcc: all@example.com\r\n\r\nlines',
  'n'.repeat(10_000),
  '&lt;b&gt; &amp;amp; <>'.repeat(400),
  '\u202egnp.exe \u2066x\u2069',
  'javascript:alert(1)',
  '🎟️ Fête – Ελλάδα 日本',
]
