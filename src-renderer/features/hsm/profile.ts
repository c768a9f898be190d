import { ref, shallowRef, watch, type Ref } from 'vue'
import type { ProfileProgress, ProfileView } from '#contract/hsm.ts'
import type { MemberView } from '#contract/vault.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { ApiFailure } from '#api/failure.ts'

/** What is known of a member's token, and trying it out. */
export interface MemberProfile {
  readonly profile: Ref<ProfileView | undefined>
  /** It was asked for: without a profile there is none yet. */
  readonly known: Ref<boolean>
  /** How far the run is that goes on now. */
  readonly progress: Ref<ProfileProgress | undefined>
  readonly load: Action<[], void>
  /** Tries everything, or joins the run that goes on. */
  readonly run: Action<[], void>
  cancel(): void
}

/** Follows one member: reads its profile, and joins a run that somebody else has started. */
export function useMemberProfile(member: () => MemberView): MemberProfile {
  const api = useApi()
  const profile = shallowRef<ProfileView>()
  const known = ref(false)
  const progress = shallowRef<ProfileProgress>()
  let ending: AbortController | undefined

  const load = useAction(async () => {
    const { id: memberId } = member()
    const found = await api.hsm.profile({ memberId })
    if (member().id !== memberId) return
    profile.value = found.profile
    known.value = true
  })

  const run = useAction(async () => {
    const { id: memberId } = member()
    const { signal } = (ending = new AbortController())
    try {
      const stream = await api.hsm.runProfile({ memberId }, { signal })
      for (;;) {
        const next = await stream.next()
        if (next.done !== true) progress.value = next.value
        else if (member().id === memberId) profile.value = next.value
        if (next.done === true) break
      }
    } catch (error) {
      // Who cancels needs no failure shown.
      if (!(error instanceof ApiFailure) || error.code !== 'CANCELLED') throw error
    } finally {
      ending = undefined
      progress.value = undefined
    }
  })

  watch(() => [member().id, member().profile?.at.getTime()], () => void load.run(), { immediate: true })
  watch(
    () => member().profiling,
    (profiling) => {
      if (profiling && !run.busy.value) void run.run()
    },
    { immediate: true },
  )
  return { profile, known, progress, load, run, cancel: () => ending?.abort() }
}
