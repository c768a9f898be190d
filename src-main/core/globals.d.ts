// The two pure globals that the core may use. Every JavaScript runtime has them (WHATWG Encoding);
// they read no clock, no file and no randomness, so the core still receives the rest of the world as arguments.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes: Uint8Array): string
}
