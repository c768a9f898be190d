import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'

/** `system` follows the operating system, contrast included. */
export const themes = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof themes)[number]

const STORED = 'holdfast.theme'

/** How the console looks on this machine. */
export const useTheme = defineStore('theme', () => {
  const chosen = ref<Theme>(stored())
  const contrast = followed('(prefers-contrast: more)')

  watchEffect(() => {
    const root = document.documentElement.dataset
    const fixed = chosen.value === 'light' || chosen.value === 'dark'
    if (fixed) root['theme'] = chosen.value
    else delete root['theme']
    if (chosen.value === 'contrast' || (chosen.value === 'system' && contrast.value)) root['contrast'] = 'more'
    else delete root['contrast']
  })

  return {
    theme: computed({
      get: () => chosen.value,
      set: (theme) => {
        chosen.value = theme
        if (theme === 'system') localStorage.removeItem(STORED)
        else localStorage.setItem(STORED, theme)
      },
    }),
  }
})

function stored(): Theme {
  const text = localStorage.getItem(STORED)
  return themes.find((theme) => theme === text) ?? 'system'
}

function followed(query: string): { readonly value: boolean } {
  const list = matchMedia(query)
  const matches = ref(list.matches)
  list.addEventListener('change', () => {
    matches.value = list.matches
  })
  return matches
}
