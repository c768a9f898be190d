import { computed, reactive, type ComputedRef } from 'vue'
import { readContext } from '#ui/context.ts'
import type { Call } from '#ui/terminal.ts'

/** Bytes of a data key (AWS KMS GenerateDataKey NumberOfBytes). */
export const LEAST_BYTES = 1
export const MOST_BYTES = 1024

export const lengths = [
  { value: 'AES_256', label: 'AES_256, 32 bytes' },
  { value: 'AES_128', label: 'AES_128, 16 bytes' },
  { value: 'bytes', label: 'Another length' },
] as const

export const answers = [
  { value: 'with', label: 'With plaintext' },
  { value: 'without', label: 'Ciphertext only' },
] as const

/** A data key that is about to be asked for. */
export interface DataKeyForm {
  keyId: string
  pairs: readonly (readonly [string, string])[]
  length: (typeof lengths)[number]['value']
  bytes: number | undefined
  answer: (typeof answers)[number]['value']
}

/** What the calls of the contract take. */
export interface DataKeyInput {
  readonly KeyId: string
  readonly KeySpec?: string
  readonly NumberOfBytes?: number
  readonly EncryptionContext?: Readonly<Record<string, string>>
}

export interface DataKeyRequest {
  readonly form: DataKeyForm
  /** What is wrong with the pairs. */
  readonly contextError: ComputedRef<string | undefined>
  /** Why it cannot be asked for yet. */
  readonly blocked: ComputedRef<string | undefined>
  readonly input: ComputedRef<DataKeyInput>
  /** The same as commands, with the key by the name that a person would write. */
  calls(keyName: string): readonly Call[]
}

export function useDataKeyRequest(): DataKeyRequest {
  const form = reactive<DataKeyForm>({ keyId: '', pairs: [], length: 'AES_256', bytes: 64, answer: 'with' })
  const context = computed(() => readContext(form.pairs.map(([name, value]) => ({ name, value }))))
  const map = computed(() => (context.value.ok ? context.value.map : {}))
  const contextError = computed(() => (context.value.ok ? undefined : context.value.problem))

  return {
    form,
    contextError,
    blocked: computed(() => {
      if (form.keyId === '') return 'Choose a key first.'
      if (form.length === 'bytes' && form.bytes === undefined) return 'A data key has 1 to 1,024 bytes.'
      return contextError.value
    }),
    input: computed(() => ({
      KeyId: form.keyId,
      ...(form.length === 'bytes' ? { NumberOfBytes: form.bytes ?? LEAST_BYTES } : { KeySpec: form.length }),
      ...(Object.keys(map.value).length === 0 ? {} : { EncryptionContext: map.value }),
    })),
    calls: (keyName) => [
      {
        operation: form.answer === 'with' ? 'GenerateDataKey' : 'GenerateDataKeyWithoutPlaintext',
        members: [
          { name: 'KeyId', value: { kind: 'text', text: keyName } },
          form.length === 'bytes' ? { name: 'NumberOfBytes', value: { kind: 'number', number: form.bytes ?? LEAST_BYTES } } : { name: 'KeySpec', value: { kind: 'text', text: form.length } },
          ...(Object.keys(map.value).length === 0 ? [] : [{ name: 'EncryptionContext', value: { kind: 'map', pairs: map.value } } as const]),
        ],
      },
    ],
  }
}
