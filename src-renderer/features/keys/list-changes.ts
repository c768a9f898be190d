import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { KeyRowView } from '#contract/vault.ts'
import { count, counted } from '#ui/numbers.ts'
import { toast } from '#ui/toast.ts'
import { nameOf } from '#ui/key-names.ts'
import { confirmDisable, reasonAgainst, useKeyState, type Outcome } from './changes.ts'

export interface ListChanges {
  /** How far a change of many keys is, in words. */
  readonly progress: Ref<string | undefined>
  /** What the last change did not do. */
  readonly outcome: ShallowRef<(Outcome & { readonly verb: string }) | undefined>
  /** Switches those keys that can be switched, after a question where it hurts; offers to take it back. */
  change(rows: readonly KeyRowView[], to: 'Enabled' | 'Disabled'): Promise<void>
}

/** Switching keys of the list on and off. `settled` is called when the keyboard may go back to the list. */
export function useListChanges(settled: () => void): ListChanges {
  const { setState } = useKeyState()
  const progress = ref<string>()
  const outcome = shallowRef<Outcome & { verb: string }>()

  async function apply(rows: readonly KeyRowView[], to: 'Enabled' | 'Disabled'): Promise<Outcome> {
    const verb = to.toLowerCase()
    outcome.value = undefined
    const result = await setState(rows, to, (finished) => {
      progress.value = rows.length > 1 ? `${count(finished)} of ${count(rows.length)} ${verb}…` : undefined
    })
    progress.value = undefined
    if (result.failed.length > 0) outcome.value = { ...result, verb }
    settled()
    return result
  }

  return {
    progress,
    outcome,
    async change(rows, to) {
      const fit = rows.filter((row) => reasonAgainst(row, to) === undefined)
      if (to === 'Disabled' && !(await confirmDisable(fit))) {
        settled()
        return
      }
      const { done } = await apply(fit, to)
      const [first] = done
      if (first === undefined) return
      const names = done.length === 1 ? `${nameOf(first)} is` : `${counted(done.length, 'key')} are`
      // Taking it back is not asked about: it was asked for just now.
      toast(`${names} ${to.toLowerCase()}`, () => void apply(done, to === 'Enabled' ? 'Disabled' : 'Enabled'))
    },
  }
}
