import { computed, shallowRef } from 'vue'

/** How long a secret stays in the clipboard, in milliseconds. */
export const CLIPBOARD_HOLD = 30_000

interface Hold {
  /** SHA-256 of what was copied: enough to know it again. */
  readonly digest: Uint8Array
  readonly until: number
}

const hold = shallowRef<Hold>()
let timer: ReturnType<typeof setTimeout> | undefined

/** When a copied secret leaves the clipboard, in milliseconds of the wall clock; undefined if none is in it that we know of. */
export const secretLeavesAt = computed(() => hold.value?.until)

/** Copies what is no secret. A secret that was there is gone with it. */
export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
  drop()
}

/** Copies a secret, and takes it out of the clipboard again after `CLIPBOARD_HOLD` unless something else is there by then. */
export async function copySecret(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
  drop()
  hold.value = { digest: await digestOf(text), until: Date.now() + CLIPBOARD_HOLD }
  timer = setTimeout(() => void clearSecret(), CLIPBOARD_HOLD)
}

/**
 * Takes a copied secret out of the clipboard now. What another program has put there since is left alone where the browser lets us look;
 * where it does not, the clipboard is emptied: a lost copy is made again, a secret that stays is not seen. A page in the background may not
 * write: it is done as soon as the page is in front again.
 */
export async function clearSecret(): Promise<void> {
  const held = hold.value
  if (held === undefined) return
  if (!document.hasFocus()) {
    addEventListener('focus', () => void (hold.value === held && clearSecret()), { once: true })
    return
  }
  if (await isStillThere(held)) await navigator.clipboard.writeText('')
  if (hold.value === held) drop()
}

function drop(): void {
  clearTimeout(timer)
  hold.value = undefined
}

async function isStillThere({ digest }: Hold): Promise<boolean> {
  if (!(await mayLook())) return true
  const found = await digestOf(await navigator.clipboard.readText().catch(() => ''))
  return found.every((byte, at) => byte === digest[at])
}

/** Never asks: a question about the clipboard, half a minute later, is one that nobody understands. */
async function mayLook(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: 'clipboard-read' as PermissionName })).state === 'granted'
  } catch {
    // A browser that knows no such permission lets nobody look.
    return false
  }
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
