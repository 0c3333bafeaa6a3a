/** A process that is one instance of a packaged function: the file that PACKAGED names, nothing else. */
const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 900_000,
}

/** Calls the handler; answers with the most memory that the process ever had, in MB. */
async function answerTo(event) {
  const { handler } = await import(process.env.PACKAGED)
  await handler(event, context)
  return { value: process.resourceUsage().maxRSS / 1024 }
}

process.on('message', async ({ given: [event] }) => {
  process.send(await answerTo(event).catch((error) => ({ error: error.stack })))
})
