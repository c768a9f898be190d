import { computed, reactive, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { KeyDetailView } from '#contract/vault.ts'
import { keyUsages } from '#core/vocabulary/kms.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { readContext } from '#ui/context.ts'
import { nameOf } from '#ui/key-names.ts'
import { count } from '#ui/numbers.ts'
import { readPayload, type Payload, type Writing } from '#ui/payload.ts'
import { fromPem } from '#ui/pem.ts'
import type { Call, Member } from '#ui/terminal.ts'
import { inputs, mostBytes, trialOf, trialsOf, type Given, type InputName, type Outcome, type TrialName } from './trials.ts'
import { isPendingDeletion } from '#ui/states.ts'

type Pairs = readonly (readonly [string, string])[]

/** An input while it is edited: a text in a writing, or a file. */
export interface Entry {
  text: string
  writing: Writing | 'file'
  file: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined
}

/** A key on the bench: what is put in, what it is tried with, and what came of it. Nothing of it is kept when the page is left. */
export interface Bench {
  readonly names: ComputedRef<readonly TrialName[]>
  readonly trial: Ref<TrialName>
  readonly entries: Record<InputName, Entry>
  readonly form: { algorithm: string; messageType: 'RAW' | 'DIGEST'; context: Pairs; destination: string; destinationContext: Pairs }
  problem(input: InputName): string | undefined
  length(input: InputName): number | undefined
  most(input: InputName): number | undefined
  readonly contextError: ComputedRef<string | undefined>
  readonly destinationError: ComputedRef<string | undefined>
  /** Why it cannot be tried now. */
  readonly blocked: ComputedRef<string | undefined>
  readonly outcome: ShallowRef<readonly Outcome[] | undefined>
  readonly run: Action<[], void>
  /** The same as a command. */
  calls(destinationName: string): readonly Call[]
  /** Puts a result where another trial reads it. */
  take(trial: TrialName, input: InputName, text: string): void
  /** Overwrites what is secret among the results. */
  forget(): void
}

export function useBench(detail: () => KeyDetailView, used: () => void): Bench {
  const api = useApi()
  const names = computed(() => trialsOf(keyUsages.find((known) => known === detail().usage) ?? 'ENCRYPT_DECRYPT', detail().spec === 'SYMMETRIC_DEFAULT' || detail().spec.startsWith('HMAC_')))
  const chosen = ref<TrialName>(names.value[0] ?? 'Encrypt')
  const entries = reactive(Object.fromEntries((Object.keys(inputs) as InputName[]).map((name) => [name, { text: '', writing: inputs[name].writing, file: undefined }])) as Record<InputName, Entry>)
  const form = reactive<Bench['form']>({ algorithm: detail().algorithms[0] ?? '', messageType: 'RAW', context: [], destination: '', destinationContext: [] })
  const outcome = shallowRef<readonly Outcome[]>()

  const trial = computed(() => trialOf(chosen.value))
  const symmetric = computed(() => detail().spec === 'SYMMETRIC_DEFAULT')
  const context = computed(() => readContext((symmetric.value ? form.context : []).map(([name, value]) => ({ name, value }))))
  const destinationContext = computed(() => readContext(form.destinationContext.map(([name, value]) => ({ name, value }))))

  function read(input: InputName): Payload {
    const { text, writing, file } = entries[input]
    if (writing === 'file') return { ok: true, bytes: file?.bytes ?? new Uint8Array() }
    // A public key as text is PEM; nothing else could be meant.
    if (input === 'otherPublicKey' && writing === 'text') return text.trim() === '' ? { ok: true, bytes: new Uint8Array() } : fromPem(text)
    return readPayload(text, writing)
  }

  function problem(input: InputName): string | undefined {
    const payload = read(input)
    if (!payload.ok) return payload.problem
    const limit = mostBytes(input, detail().spec, form.algorithm)
    if (limit === undefined || payload.bytes.length <= limit) return undefined
    return input === 'plaintext' ? `At most ${count(limit)} bytes fit in one call. For more, encrypt under a data key.` : `At most ${count(limit)} bytes fit in one call. For more, make its digest and sign that.`
  }

  function given(): Given {
    const bytes = Object.fromEntries((Object.keys(inputs) as InputName[]).map((name) => {
      const payload = read(name)
      return [name, payload.ok ? payload.bytes : new Uint8Array()]
    })) as Given['bytes']
    return {
      keyId: detail().keyId,
      bytes,
      context: context.value.ok ? { ...context.value.map } : {},
      algorithm: form.algorithm,
      messageType: form.messageType,
      destination: form.destination,
      destinationContext: destinationContext.value.ok ? { ...destinationContext.value.map } : {},
    }
  }

  const run = useAction(async () => {
    forget()
    outcome.value = await trial.value.call(api, given())
    used()
  })

  function forget(): void {
    for (const each of outcome.value ?? []) if (each.kind === 'secret') each.bytes.fill(0)
    outcome.value = undefined
  }

  // A result beside another input would lie.
  watch([chosen, entries, form], () => {
    forget()
    run.clear()
  })

  return {
    names,
    trial: chosen,
    entries,
    form,
    problem,
    length(input) {
      const payload = read(input)
      return payload.ok ? payload.bytes.length : undefined
    },
    most: (input) => mostBytes(input, detail().spec, form.algorithm),
    contextError: computed(() => (context.value.ok ? undefined : context.value.problem)),
    destinationError: computed(() => (destinationContext.value.ok ? undefined : destinationContext.value.problem)),
    blocked: computed(() => {
      const { state } = detail()
      if (state === 'Disabled') return `${nameOf(detail())} is disabled. Enable it under Actions to use it.`
      if (isPendingDeletion(state)) return `${nameOf(detail())} is pending deletion and cannot be used.`
      for (const input of trial.value.reads) {
        const wrong = problem(input)
        if (wrong !== undefined) return wrong
        const payload = read(input)
        if (payload.ok && payload.bytes.length === 0) return entries[input].writing === 'file' ? `Choose a file for: ${inputs[input].label.toLowerCase()}.` : wanting[input]
      }
      if (trial.value.destination === true && form.destination === '') return 'Choose the key that it should be under.'
      if (trial.value.context === true && !context.value.ok) return context.value.problem
      return destinationContext.value.ok ? undefined : destinationContext.value.problem
    }),
    outcome,
    run,
    calls: (destinationName) => [{ operation: chosen.value, members: membersOf(destinationName), ...(trial.value.takes === undefined ? {} : { takes: trial.value.takes }) }],
    take(to, input, text) {
      Object.assign(entries[input], { text, writing: 'base64', file: undefined })
      chosen.value = to
    },
    forget,
  }

  function membersOf(destinationName: string): Member[] {
    const text = (name: string, value: string): Member => ({ name, value: { kind: 'text', text: value } })
    const map = (name: string, pairs: Pairs): Member[] => {
      const named = Object.fromEntries(pairs.filter(([first]) => first !== ''))
      return Object.keys(named).length === 0 ? [] : [{ name, value: { kind: 'map', pairs: named } }]
    }
    const { algorithm, context: bound, destination, messageType, reads } = trial.value
    const moves = destination === true
    const several = !symmetric.value
    return [
      text(moves ? 'SourceKeyId' : 'KeyId', nameOf(detail())),
      ...reads.map((input): Member => ({ name: inputs[input].member, value: { kind: 'file', file: entries[input].file?.name ?? inputs[input].file } })),
      ...(messageType === true ? [text('MessageType', form.messageType)] : []),
      ...(algorithm !== undefined && (several || !algorithm.startsWith('Encryption')) ? [text(moves ? `Source${algorithm}` : algorithm, form.algorithm)] : []),
      ...(bound === true && symmetric.value ? map(moves ? 'SourceEncryptionContext' : 'EncryptionContext', form.context) : []),
      ...(moves ? [text('DestinationKeyId', destinationName), ...map('DestinationEncryptionContext', form.destinationContext)] : []),
    ]
  }
}

/** What is missing, by input. */
const wanting = {
  plaintext: 'Write something to encrypt: at least 1 byte.',
  ciphertext: 'Paste a ciphertext first.',
  message: 'Write a message first: at least 1 byte.',
  signature: 'Paste a signature first.',
  mac: 'Paste a MAC first.',
  otherPublicKey: 'Paste the other side’s public key first.',
  encapsulated: 'Paste an encapsulated secret first.',
} as const satisfies Record<InputName, string>
