import { type KmsOperation, kms } from '#contract/kms.ts'
import { z } from '#contract/zod.ts'

/** What a member of an operation's input takes on the command line. */
export type Kind =
  | { readonly type: 'text' | 'integer' | 'number' | 'boolean' | 'blob' | 'time' | 'map' | 'json' }
  | { readonly type: 'list'; readonly element: Kind }
  | { readonly type: 'structure'; readonly members: readonly Parameter[] }

/** One member of an operation's input: AWS's name for it, and AWS's command line's. */
export interface Parameter {
  /** `KeyId` */
  readonly member: string
  /** `key-id`, without the dashes. */
  readonly option: string
  readonly kind: Kind
  readonly required: boolean
  readonly description: string | undefined
}

/** Every operation of the contract, in its order. */
export const operations = Object.keys(kms) as KmsOperation[]

/** The members of an operation's input as the contract's schema has them: a new operation needs no code here. */
export function parametersOf(operation: KmsOperation): Parameter[] {
  return membersOf(kms[operation]['~orpc'].inputSchema)
}

/** AWS's command line's way to write a name: `GenerateDataKey` is `generate-data-key`. */
export function kebab(name: string): string {
  return name
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1-$2')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
}

function membersOf(schema: unknown): Parameter[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([member, type]) => {
    const inner = bare(type)
    return {
      member,
      option: kebab(member),
      kind: kindOf(inner),
      required: inner === type,
      description: type.description ?? inner.description,
    }
  })
}

function kindOf(type: z.ZodType): Kind {
  if (type instanceof z.ZodArray) return { type: 'list', element: kindOf(bare(type.element as z.ZodType)) }
  if (type instanceof z.ZodObject) return { type: 'structure', members: membersOf(type) }
  if (type instanceof z.ZodNumber) return { type: type.format?.includes('int') === true ? 'integer' : 'number' }
  // The contract's only instanceof: a byte string.
  if (type instanceof z.ZodCustom) return { type: 'blob' }
  if (type instanceof z.ZodRecord) return { type: bare(type.valueType as z.ZodType) instanceof z.ZodString ? 'map' : 'json' }
  if (type instanceof z.ZodDate) return { type: 'time' }
  if (type instanceof z.ZodBoolean) return { type: 'boolean' }
  return { type: type instanceof z.ZodString || type instanceof z.ZodEnum || type instanceof z.ZodLiteral ? 'text' : 'json' }
}

function bare(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodOptional ? bare(type.unwrap() as z.ZodType) : type
}
