import { shallowRef } from 'vue'

/** A short word that something was done. Never the only copy of a failure. */
export interface Toast {
  readonly id: number
  readonly text: string
  /** Takes it back. */
  readonly undo?: () => void
}

/** What is on screen, shown by ToastHost. */
export const toasts = shallowRef<readonly Toast[]>([])
let last = 0

export function toast(text: string, undo?: () => void): void {
  last += 1
  toasts.value = [...toasts.value.slice(-2), { id: last, text, ...(undo === undefined ? {} : { undo }) }]
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((shown) => shown.id !== id)
}
