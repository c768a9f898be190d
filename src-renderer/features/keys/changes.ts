import type { KeyRowView } from '#contract/vault.ts'
import { useApi } from '#api/client.ts'
import { toFailure, type ApiFailure } from '#api/failure.ts'
import { counted } from '#ui/numbers.ts'
import { confirm } from '#ui/confirm.ts'
import { nameOf } from '#ui/key-names.ts'
import { ago } from '#ui/time.ts'
import { useKeys } from '#stores/keys.ts'
import { isPendingDeletion } from '#ui/states.ts'

/** How many calls are on their way at once when many keys change. */
const AT_ONCE = 8

/** A change of many keys that some of them did not take. */
export interface Outcome {
  readonly done: readonly KeyRowView[]
  readonly failed: readonly { readonly row: KeyRowView; readonly failure: ApiFailure }[]
}

/** Why a key cannot be switched to this state now; undefined if it can. */
export function reasonAgainst(row: Pick<KeyRowView, 'state' | 'aliases' | 'keyId'>, to: 'Enabled' | 'Disabled'): string | undefined {
  if (row.state === to) return `${nameOf(row)} is ${to.toLowerCase()} already.`
  if (isPendingDeletion(row.state)) return `${nameOf(row)} is pending deletion.`
  if (row.state === 'Unavailable') return `${nameOf(row)} is unavailable: its HSM does not answer.`
  return undefined
}

/** Asks before keys are disabled, naming the consequence. */
export function confirmDisable(rows: readonly Pick<KeyRowView, 'aliases' | 'keyId' | 'lastUsed'>[]): Promise<boolean> {
  const [only] = rows
  const one = rows.length === 1 && only !== undefined
  const used = one && only.lastUsed !== undefined ? ` It was last used ${ago(only.lastUsed.at, Date.now())}.` : ''
  return confirm({
    title: one ? `Disable ${nameOf(only)}` : `Disable ${counted(rows.length, 'key')}`,
    text: one
      ? `Every call with this key, decrypting included, fails until it is enabled again. Its material stays in the HSM.${used}`
      : 'Every call with these keys, decrypting included, fails until they are enabled again. Their material stays in the HSM.',
    yes: one ? 'Disable key' : 'Disable keys',
    no: 'Keep enabled',
  })
}

/** Switching keys on and off. */
export function useKeyState(): { setState(rows: readonly KeyRowView[], to: 'Enabled' | 'Disabled', onEach?: (finished: number) => void): Promise<Outcome> } {
  const api = useApi()
  const keys = useKeys()

  return {
    async setState(rows, to, onEach) {
      const waiting = rows.values()
      const done: KeyRowView[] = []
      const failed: { row: KeyRowView; failure: ApiFailure }[] = []
      async function work(): Promise<void> {
        for (const row of waiting) {
          try {
            await (to === 'Enabled' ? api.kms.EnableKey({ KeyId: row.keyId }) : api.kms.DisableKey({ KeyId: row.keyId }))
            keys.patch(row.keyId, { state: to })
            done.push(row)
          } catch (error) {
            failed.push({ row, failure: toFailure(error) })
          }
          onEach?.(done.length + failed.length)
        }
      }
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, rows.length) }, () => work()))
      return { done, failed }
    },
  }
}
