import type { EngineProvider } from '#core/ports/files.ts'
import type { Provider } from './cipher.ts'
import { nodeCrypto } from './node-crypto.ts'

const FRAME = 262_144
/** 16 MiB: a few milliseconds, and more than what fits in a cache. */
const ROUNDS = 64

/** The fastest way to do AES-GCM here that gives the known answer, and what was measured. `node:crypto` is always among them. */
export async function chooseProvider(): Promise<{ readonly chosen: Provider; readonly measured: readonly EngineProvider[] }> {
  const measured: EngineProvider[] = []
  let chosen: { provider: Provider; speed: number } | undefined
  for (const provider of [await libcrypto(), nodeCrypto]) {
    if (provider === undefined) continue
    const right = givesKnownAnswer(provider)
    const speed = right ? bytesPerSecond(provider) : 0
    measured.push({ name: provider.name, bytesPerSecond: speed })
    if (right && speed > (chosen?.speed ?? 0)) chosen = { provider, speed }
  }
  if (chosen === undefined) throw new Error('no AES-GCM of this machine gives the known answer')
  return { chosen: chosen.provider, measured }
}

/** A machine for which koffi has no binary, or a package without it, has node:crypto. */
async function libcrypto(): Promise<Provider | undefined> {
  try {
    const { findLibcrypto } = await import('./libcrypto.ts')
    return findLibcrypto()
  } catch {
    return undefined
  }
}

/** The Galois/Counter Mode of Operation (McGrew, Viega), test case 16: a 256-bit key, with AAD, 60 bytes. */
const KNOWN = {
  key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
  iv: 'cafebabefacedbaddecaf888',
  aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
  plaintext: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  ciphertext: '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
  tag: '76fc6ece0f4e1768cddf8853bb2d551b',
} as const

function givesKnownAnswer(provider: Provider): boolean {
  const [key, iv, aad, plaintext, ciphertext, tag] = [KNOWN.key, KNOWN.iv, KNOWN.aad, KNOWN.plaintext, KNOWN.ciphertext, KNOWN.tag].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
  const cipher = provider.open(key)
  try {
    const [sealed, made, opened] = [Buffer.alloc(plaintext.length), Buffer.alloc(16), Buffer.alloc(plaintext.length)]
    cipher.seal(iv, aad, plaintext, sealed, made)
    const right = sealed.equals(ciphertext) && made.equals(tag) && cipher.open(iv, aad, ciphertext, tag, opened) && opened.equals(plaintext)
    made.writeUInt8(made.readUInt8(0) ^ 1, 0)
    return right && !cipher.open(iv, aad, ciphertext, made, opened)
  } finally {
    cipher.close()
  }
}

/**
 * By the processor's time of this thread, not by the clock: beside other work the clock tells who was interrupted, not who is slow. The mean
 * of all rounds, since what a provider leaves to be collected is part of its price.
 */
function bytesPerSecond(provider: Provider): number {
  const cipher = provider.open(new Uint8Array(32))
  const [iv, aad, input, output, tag] = [new Uint8Array(12), new Uint8Array(64), Buffer.alloc(FRAME), Buffer.alloc(FRAME), Buffer.alloc(16)]
  try {
    // The first one pays for what is loaded and compiled once.
    cipher.seal(iv, aad, input, output, tag)
    const began = microseconds()
    for (let round = 0; round < ROUNDS; round++) cipher.seal(iv, aad, input, output, tag)
    return Math.round((ROUNDS * FRAME * 1e6) / Math.max(1, microseconds() - began))
  } finally {
    cipher.close()
  }
}

/** Of this thread's own time; of the clock in a runtime that cannot tell it (before Node 24). */
function microseconds(): number {
  if (!('threadCpuUsage' in process)) return performance.now() * 1000
  const { user, system } = process.threadCpuUsage()
  return user + system
}
