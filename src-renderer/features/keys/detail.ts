import { shallowRef, watch, type ShallowRef } from 'vue'
import type { KeyDetailView } from '#contract/vault.ts'
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
    const { aliases, state, lastUsed } = found
    keys.patch(wanted, { aliases, state, ...(lastUsed === undefined ? {} : { lastUsed }) })
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

    async addAlias(alias) {
      try {
        await createAlias(alias)
      } catch (error) {
        const { text, advice } = toFailure(error)
        return `${text} ${advice ?? ''}`.trim()
      }
      toast(`${alias} points to this key`)
      await load.run()
      return undefined
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
