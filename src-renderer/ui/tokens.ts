/** A size token in pixels, for what must compute with it. Tokens are the only place that says how large a thing is. */
export function tokenPixels(name: `--${string}`): number {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name)
  const pixels = Number.parseFloat(text)
  if (!text.trim().endsWith('px') || Number.isNaN(pixels)) throw new Error(`unreachable: ${name} is no size in pixels`)
  return pixels
}
