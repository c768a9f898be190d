import { reservable } from '#core/sealing/count.ts'
import type { Store } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { MaterialId } from '#core/vocabulary/ids.ts'

/** Counts encryptions under rung-1 materials against their limit (docs/spec/ciphertext-blob-v1.md, "Limits"). */
export interface EncryptionCount {
  /** Takes one encryption; resolves when its count is durable. Throws LimitExceededException at 2^32. */
  take(material: MaterialId): Promise<void>
}

export function createEncryptionCount(store: Store): EncryptionCount {
  /** What is left of the block that was reserved last. Lost with the process: counts are skipped, never repeated. */
  const left = new Map<MaterialId, number>()
  const reserving = new Map<MaterialId, Promise<void>>()

  async function reserve(material: MaterialId): Promise<void> {
    const block = await store.write((tables) => {
      const size = reservable(tables.materials.get(material)?.reserved ?? 0)
      if (size > 0) tables.materials.reserve(material, size)
      return size
    })
    if (block === 0) {
      throw new VaultError('LimitExceededException', {
        text: 'The key material has made 2^32 encryptions, its limit. It still decrypts; rotate the key to encrypt again.',
      })
    }
    left.set(material, (left.get(material) ?? 0) + block)
  }

  return {
    async take(material) {
      for (;;) {
        const remaining = left.get(material) ?? 0
        if (remaining > 0) {
          left.set(material, remaining - 1)
          return
        }
        const pending = reserving.get(material) ?? reserve(material).finally(() => reserving.delete(material))
        reserving.set(material, pending)
        await pending
      }
    },
  }
}
