import type { Outcome } from '../channel.ts'

type Fault = Error & { $metadata?: { httpStatusCode?: number } }

// Of the address or the message; everything else (throttling, a pause of the account, rights, the
// network) is not the message's fault and may pass.
const forGood =
  /^(BadRequest|MessageRejected|NotFound|InvalidParameter|ParameterValueInvalid|Validation|EndpointDisabled|PlatformApplicationDisabled|OptedOut)/

/** Asks a service of AWS to send; never throws. A rejection names its code, never the address. */
export async function sentBy(
  ask: () => Promise<{ MessageId?: string | undefined }>,
): Promise<Outcome> {
  try {
    const { MessageId } = await ask()
    return { ok: true, providerId: MessageId ?? null }
  } catch (error) {
    const { name, $metadata } = error as Fault
    const status = $metadata?.httpStatusCode
    const isPassing = !forGood.test(name) || (status !== undefined && status >= 500)
    return {
      ok: false,
      isPassing,
      reason: `the provider answered ${name}`,
      ...(status !== undefined && { status }),
    }
  }
}
