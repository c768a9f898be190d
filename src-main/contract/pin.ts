// The desktop app's window for a token's PIN. The PIN goes from it to the token's host over a port; main sees that it did, and no more.

/** The origin of the window's page. What it shows is in the query of its address: `member`, `token`, `warning`. */
export const pinOrigin = 'app://pin'

/** Brings the window's preload its port, from main. */
export const pinPort = 'holdfast:pin-port'

/** Tells main that the host has the PIN. */
export const pinHeld = 'holdfast:pin-held'

/** What the window's preload puts on it, as `pin`: one call. */
export interface PinBridge {
  /** Gives the PIN (UTF-8) to the host; the buffer is wiped. The window ends when the host has it. */
  submit(pin: Uint8Array): void
}
