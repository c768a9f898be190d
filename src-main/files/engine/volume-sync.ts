import type * as Koffi from 'koffi'
import { fstatSync, fsyncSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Fewer files than this are made durable one by one: a volume has other programs' data to write too. */
const WORTH_A_VOLUME = 8

/** Makes the content of files durable: of many at once by one call for their volume, where the system has one that tells failures (Linux). */
export function createVolumeSync(): { sync(descriptors: readonly number[]): void } {
  const syncVolume = findSyncfs()
  return {
    sync(descriptors) {
      if (syncVolume === undefined || descriptors.length < WORTH_A_VOLUME) {
        for (const descriptor of descriptors) fsyncSync(descriptor)
        return
      }
      const volumes = new Map(descriptors.map((descriptor) => [fstatSync(descriptor).dev, descriptor]))
      for (const descriptor of volumes.values()) if (syncVolume(descriptor) !== 0) fsyncSync(descriptor)
    },
  }
}

/** syncfs(2); since Linux 5.8 it tells of what could not be written. */
function findSyncfs(): ((descriptor: number) => number) | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    return koffi.load('libc.so.6').func('int syncfs(int fd)') as (descriptor: number) => number
  } catch {
    // Another libc, or no koffi: one by one then.
    return undefined
  }
}
