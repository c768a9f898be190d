/** Hands a text to the person as a file. Nothing leaves the page for it. */
export function downloadText(name: string, text: string): void {
  download(name, new Blob([text], { type: 'text/plain' }))
}

/** The same for bytes. */
export function downloadBytes(name: string, bytes: Uint8Array): void {
  download(name, new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' }))
}

function download(name: string, content: Blob): void {
  const href = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = href
  link.download = name
  link.click()
  URL.revokeObjectURL(href)
}
