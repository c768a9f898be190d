import { defineStore } from 'pinia'
import { computed, inject, ref, shallowRef } from 'vue'
import type { StatusView } from '#contract/vault.ts'
import { clientKey } from '#api/client.ts'
import { LinkRefused } from '#api/transport.ts'

/** `lost`: it was open, and is tried again. `refused`: this page needs a new one-time link. */
export type LineState = 'connecting' | 'open' | 'lost' | 'refused'

type Bytes = Uint8Array<ArrayBuffer>

/** Pauses between tries in milliseconds; the last one repeats. */
const BACK_OFF = [250, 500, 1000, 2000, 4000, 8000] as const

/** What this page knows of the vault and of who is signed in. The session is the tab's, kept by the server: it outlives a line and a reload. */
export const useSession = defineStore('session', () => {
  const client = inject(clientKey)
  if (client === undefined) throw new Error('unreachable: no client provided')
  const { api } = client

  const line = ref<LineState>('connecting')
  const status = shallowRef<StatusView>()
  /** When the next try to connect is made, in milliseconds of the wall clock. */
  const retryAt = ref<number>()
  /** A ceremony (the recovery sheet) that must end before the frame appears. */
  const ceremony = ref(false)
  let skipPause: (() => void) | undefined

  /** The vault's name. It is in the encrypted database: while that is closed, this page still knows it if it has seen it open. */
  const name = ref<string>()

  const signedIn = computed(() => status.value?.state === 'unlocked' && status.value.principal !== undefined)

  /** Keeps a line open and follows the vault's status. Ends only when the link is refused. */
  async function follow(): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      // One quick try is made before a break is shown.
      if (failures > 1) line.value = 'lost'
      try {
        await client?.connect()
        for await (const next of await api.vault.watch({})) {
          status.value = next
          if (next.state === 'unlocked') name.value = next.name
          line.value = 'open'
          failures = 0
        }
      } catch (error) {
        if (error instanceof LinkRefused) {
          line.value = 'refused'
          return
        }
      }
      await pause(BACK_OFF[Math.min(failures, BACK_OFF.length - 1)] ?? 0)
    }
  }

  async function pause(milliseconds: number): Promise<void> {
    retryAt.value = Date.now() + milliseconds
    await new Promise<void>((resolve) => {
      skipPause = resolve
      setTimeout(resolve, milliseconds)
    })
    retryAt.value = undefined
  }

  return {
    line,
    status,
    retryAt,
    ceremony,
    name: computed(() => name.value ?? status.value?.name ?? ''),
    signedIn,
    follow,
    tryNow: () => skipPause?.(),

    /** Asks for the status now, for what changes outside of the vault (a library that was installed). */
    async look(): Promise<void> {
      status.value = await api.vault.status({})
    },

    /** Opens the vault if it is locked, and signs this page in. The buffer is wiped. */
    async signIn(passphrase: Bytes): Promise<void> {
      try {
        await api.session.signIn({ passphrase })
      } finally {
        passphrase.fill(0)
      }
    },

    /** A new vault; resolves the recovery code if one was asked for. The buffer is wiped. */
    async initialise(wanted: Parameters<typeof api.vault.initialise>[0]): Promise<string | undefined> {
      try {
        ceremony.value = wanted.recovery === true
        const { recoveryCode } = await api.vault.initialise(wanted)
        return recoveryCode
      } catch (error) {
        ceremony.value = false
        throw error
      } finally {
        wanted.passphrase.fill(0)
      }
    },

    /** Opens the vault with the printed code, sets a new passphrase, and signs this page in. Both buffers are wiped. */
    async recover(code: Bytes, next: Bytes): Promise<void> {
      try {
        await api.vault.recover({ code, next })
      } finally {
        for (const buffer of [code, next]) buffer.fill(0)
      }
    },

    async lock(): Promise<void> {
      await api.vault.lock({})
    },

    async signOut(): Promise<void> {
      await api.session.signOut({})
    },

    async changePassphrase(current: Bytes, next: Bytes): Promise<void> {
      try {
        await api.vault.changePassphrase({ current, next })
      } finally {
        for (const buffer of [current, next]) buffer.fill(0)
      }
    },
  }
})
