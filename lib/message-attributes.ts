/** The message attribute by which the service knows its own messages. */
export const doorAttribute = 'turnout-door'

/** The message attribute that keeps the first id of a message that is sent again. */
export const firstIdAttribute = 'turnout-first-id'
