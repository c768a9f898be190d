// The pure globals that services may use. Every JavaScript runtime has them; they read no clock, no file and no randomness,
// so services still receive the rest of the world as arguments.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes: Uint8Array): string
}
