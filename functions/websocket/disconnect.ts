/** Nothing is kept of a connection, so nothing is left to forget. */
export const handler = async () => ({ statusCode: 200 })
