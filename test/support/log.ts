export type Line = Record<string, unknown> & { level: string; message: string }

/** Everything that is written to the log while `work` runs, as text and line by line. */
export async function logOf(
  work: () => Promise<unknown>,
): Promise<{ text: string; lines: Line[] }> {
  let text = ''
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  try {
    await work()
  } finally {
    spy.mockRestore()
  }
  const lines = text.split('\n').filter((line) => line !== '')
  return { text, lines: lines.map((line) => JSON.parse(line) as Line) }
}
