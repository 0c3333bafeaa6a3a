let surviving = false

/**
 * A connection that dies inside `begin` makes postgres.js 3.4 throw from a setImmediate, where no
 * try reaches. Exactly that error is dropped (the deadline and the new pool do the rest); any
 * other is thrown again without us.
 */
export function surviveLostConnections(): void {
  if (surviving) return
  surviving = true
  const survive = (error: Error) => {
    const ours =
      error instanceof TypeError &&
      error.message.includes("reading 'write'") &&
      /postgres[\\/]|nextWrite|\.mjs/.test(error.stack ?? '')
    if (ours) return
    process.off('uncaughtException', survive)
    setImmediate(() => {
      throw error
    })
  }
  process.on('uncaughtException', survive)
}
