import { Refused } from './refusal.ts'

/** The end of a port of Electron's in this process. */
export interface PinPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): void
  postMessage(message: unknown): void
  start(): void
  close(): void
}

/** No token takes a longer one. */
const LONGEST = 255

/** A PIN that a person types straight into this process: it comes over a port of its own, waits for its one use, and is wiped. */
export class TypedPin {
  #pin: Uint8Array | undefined

  /** Takes the one PIN that comes over the port, and says so there. */
  listen(port: PinPort): void {
    port.on('message', ({ data }) => {
      if (data instanceof Uint8Array && data.length > 0 && data.length <= LONGEST) {
        this.#pin?.fill(0)
        this.#pin = data
        port.postMessage('held')
      }
      port.close()
    })
    port.start()
  }

  /** The caller must not keep the PIN. */
  use(work: (pin: Uint8Array) => void): void {
    const pin = this.#pin
    this.#pin = undefined
    if (pin === undefined) throw new Refused({ kind: 'fault', text: 'no PIN was typed' })
    try {
      work(pin)
    } finally {
      pin.fill(0)
    }
  }
}
