import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Which PIN a token has refused, so that it is not tried again: tokens lock after a few. Kept as an HMAC under a key that never
 * leaves this object, for as long as the object lives.
 */
export class RefusedPin {
  readonly #key = randomBytes(32)
  #digest: Buffer | undefined

  is(pin: Uint8Array): boolean {
    return this.#digest !== undefined && timingSafeEqual(this.#digest, this.#of(pin))
  }

  remember(pin: Uint8Array): void {
    this.#digest = this.#of(pin)
  }

  #of(pin: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(pin).digest()
  }
}
