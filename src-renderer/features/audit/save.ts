/** Gives a text to the person as a file of this name. */
export function saveText(name: string, parts: readonly string[], type: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own hold on the blob by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** `holdfast-audit-2026-11-25.csv` */
export function fileName(what: string, ending: string): string {
  return `holdfast-${what}-${new Date().toISOString().slice(0, 10)}.${ending}`
}
