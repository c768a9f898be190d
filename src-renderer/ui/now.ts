import { onScopeDispose, ref, type Ref } from 'vue'

/** The wall clock in milliseconds, moving every `step` milliseconds while its component lives. */
export function useNow(step: number): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => {
    now.value = Date.now()
  }, step)
  onScopeDispose(() => clearInterval(timer))
  return now
}
