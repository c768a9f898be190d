import { shallowRef, watch, type ShallowRef } from 'vue'
import type { KeyDetailView } from '#contract/vault.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { toFailure } from '#api/failure.ts'
import { confirm } from '#ui/confirm.ts'
import { toast } from '#ui/toast.ts'
import { useKeys } from '#stores/keys.ts'
import { nameOf } from '#ui/key-names.ts'
import { confirmDisable, useKeyState } from './changes.ts'

export interface KeyDetail {
  /** Undefined until it is loaded. */
  readonly detail: ShallowRef<KeyDetailView | undefined>
  readonly load: Action<[], void>
  /** Whatever changes the key: one failure, one place. */
  readonly change: Action<[work: () => Promise<void>], void>
  /** Switches it, after a question where it hurts; offers to take it back. */
  switchTo(to: 'Enabled' | 'Disabled'): Promise<void>
  /** Resolves what was wrong with the alias, or undefined: it is said where it was typed. */
  addAlias(alias: string): Promise<string | undefined>
  deleteAlias(alias: string): Promise<void>
  /** As `addAlias`. */
  moveAlias(alias: string, toKeyId: string): Promise<string | undefined>
  /** As `addAlias`. */
  describe(description: string): Promise<string | undefined>
  /** Resolves whether it was done; if not, the reason is in `change`. */
  saveTags(set: readonly Tag[], removed: readonly string[]): Promise<boolean>
  /** As `saveTags`. */
  savePolicy(policy: string): Promise<boolean>
  /** As `addAlias`. */
  replicate(region: string, description: string): Promise<string | undefined>
  /** Makes the replica of another Region the primary, after a question. */
  promote(region: string): Promise<void>
  cancelDeletion(): Promise<void>
}

/** One key and what can be done with it. */
export function useKeyDetail(keyId: () => string): KeyDetail {
  const api = useApi()
  const keys = useKeys()
  const { setState } = useKeyState()
  const detail = shallowRef<KeyDetailView>()

  const load = useAction(async () => {
    const wanted = keyId()
    const found = await api.console.key({ keyId: wanted })
    if (wanted !== keyId()) return
    detail.value = found
    keys.put(found)
  })
  const change = useAction(async (work: () => Promise<void>) => {
    await work()
    await load.run()
  })

  watch(
    keyId,
    () => {
      detail.value = undefined
      void load.run()
    },
    { immediate: true },
  )

  async function apply(row: KeyDetailView, to: 'Enabled' | 'Disabled'): Promise<void> {
    const { failed } = await setState([row], to)
    if (failed[0] !== undefined) throw failed[0].failure
  }

  async function createAlias(alias: string): Promise<void> {
    await api.kms.CreateAlias({ AliasName: alias, TargetKeyId: keyId() })
  }

  async function point(alias: string, toKeyId: string): Promise<void> {
    await api.kms.UpdateAlias({ AliasName: alias, TargetKeyId: toKeyId })
  }

  /** For what is typed in a dialog: its failure is said there. */
  async function attempt(work: () => Promise<unknown>, word: string, undo?: () => void): Promise<string | undefined> {
    try {
      await work()
    } catch (error) {
      const { text, advice } = toFailure(error)
      return `${text} ${advice ?? ''}`.trim()
    }
    toast(word, undo)
    await load.run()
    return undefined
  }

  /** For what is typed on the page: its failure is said above. */
  async function done(word: string, work: () => Promise<unknown>): Promise<boolean> {
    await change.run(async () => {
      await work()
      toast(word)
    })
    return change.failure.value === undefined
  }

  return {
    detail,
    load,
    change,

    async switchTo(to) {
      const row = detail.value
      if (row === undefined || (to === 'Disabled' && !(await confirmDisable([row])))) return
      await change.run(async () => {
        await apply(row, to)
        toast(`${nameOf(row)} is ${to.toLowerCase()}`, () => void change.run(() => apply(row, to === 'Enabled' ? 'Disabled' : 'Enabled')))
      })
    },

    addAlias: (alias) => attempt(() => createAlias(alias), `${alias} points to this key`),

    async moveAlias(alias, toKeyId) {
      const problem = await attempt(() => point(alias, toKeyId), `${alias} points to ${nameOf(keys.byId.get(toKeyId) ?? { aliases: [], keyId: toKeyId })} now`, () => void change.run(() => point(alias, keyId())))
      void keys.refresh('now').catch(() => undefined)
      return problem
    },

    describe: (description) => attempt(() => api.kms.UpdateKeyDescription({ KeyId: keyId(), Description: description }), 'The description is changed'),

    saveTags: (set, removed) =>
      done('The tags are changed', async () => {
        if (set.length > 0) await api.kms.TagResource({ KeyId: keyId(), Tags: [...set] })
        if (removed.length > 0) await api.kms.UntagResource({ KeyId: keyId(), TagKeys: [...removed] })
      }),

    savePolicy: (policy) => done('The policy is stored', () => api.kms.PutKeyPolicy({ KeyId: keyId(), Policy: policy })),

    replicate: (region, description) =>
      attempt(() => api.kms.ReplicateKey({ KeyId: keyId(), ReplicaRegion: region, ...(description === '' ? {} : { Description: description }) }), `The key is in ${region} too`),

    async promote(region) {
      const sure = await confirm({
        title: `Make the key in ${region} the primary`,
        text: `Rotation and replication are done from ${region} then, and the key here becomes a replica. Nothing that was encrypted changes.`,
        yes: 'Make primary',
        no: 'Keep as it is',
      })
      if (sure) await done(`The primary is in ${region} now`, () => api.kms.UpdatePrimaryRegion({ KeyId: keyId(), PrimaryRegion: region }))
    },

    async cancelDeletion() {
      const row = detail.value
      if (row === undefined) return
      await done(`${nameOf(row)} stays, and is disabled`, () => api.kms.CancelKeyDeletion({ KeyId: row.keyId }))
    },

    async deleteAlias(alias) {
      const sure = await confirm({
        title: `Delete ${alias}`,
        text: `Callers that name ${alias} fail until it points to a key again. The key and everything encrypted under it stay.`,
        yes: 'Delete alias',
        no: 'Keep alias',
        danger: true,
      })
      if (!sure) return
      await change.run(async () => {
        await api.kms.DeleteAlias({ AliasName: alias })
        toast(`${alias} is deleted`, () => void change.run(() => createAlias(alias)))
      })
    },
  }
}
