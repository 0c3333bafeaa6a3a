/** The message attribute by which the service knows its own messages. */
export const doorAttribute = 'turnout-door'

/** The message attribute that keeps the first id of a message that is sent again. */
export const firstIdAttribute = 'turnout-first-id'

/** The message attribute that names the row of the quarantine of which a message is the replay. */
export const replayAttribute = 'turnout-replay'

/** The message attribute that carries the trace, as W3C writes it. */
export const traceAttribute = 'traceparent'
