export type Resource = {
  Type: string
  Properties: Record<string, unknown>
  DependsOn?: string | string[]
}
export type Resources = Record<string, Resource>

/** The resources of a type, by their logical names. */
export const ofType = (resources: Resources, type: string): [string, Resource][] =>
  Object.entries(resources).filter(([, { Type }]) => Type === type)

/** The logical name in a `Fn::GetAtt` or `Ref`; undefined for anything else. */
export function targetOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: unknown }
  if (Ref) return Ref
  if (Array.isArray(attribute)) return String(attribute[0])
  return typeof attribute === 'string' ? attribute.split('.')[0] : undefined
}
