import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '#core/ports/store.ts'
import { temporaryVault, type TemporaryVault } from '../temporary-vault.ts'
import { watchedHome } from '../watched-ports.ts'
import { watchedFiles, type Watch } from './watched-files.ts'

/** A vault with a key `alias/files`, watched files, a folder to work in, and its audit trail at hand. */
export interface FileVault extends AsyncDisposable {
  readonly vault: TemporaryVault
  readonly api: TemporaryVault['api']
  readonly keyArn: string
  readonly keyId: string
  readonly folder: string
  /** A file in the folder; its path. */
  write(name: string, content: Uint8Array | string): string
  contents(): string[]
  /** From now on; undefined watches nothing. */
  watch: Watch | undefined
  /** Records since a sequence number, the next of which is `next()`. */
  next(): number
  records(from: number): Record<string, unknown>[]
}

export async function fileVault(): Promise<FileVault> {
  let store: Store | undefined
  const folder = mkdtempSync(join(tmpdir(), 'hf-files-'))
  const vault = await temporaryVault({
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
    files: (homePath) => watchedFiles(homePath, (call, path) => made.watch?.(call, path), () => made.watch !== undefined),
  })
  const { KeyMetadata } = await vault.api.kms.CreateKey({})
  await vault.api.kms.CreateAlias({ AliasName: 'alias/files', TargetKeyId: KeyMetadata.KeyId })
  const made: FileVault = {
    vault,
    api: vault.api,
    keyArn: KeyMetadata.Arn,
    keyId: KeyMetadata.KeyId,
    folder,
    watch: undefined,
    write(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    contents: () => readdirSync(folder).sort(),
    next: () => store!.read((tables) => tables.audit.next()),
    records: (from) => store!.read((tables) => tables.audit.page(from, 1000)).map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      await vault[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return made
}

/** Reads a stream of progress to its end; its result. */
export async function result<Event, Result>(events: Promise<AsyncIterator<Event, Result>>): Promise<Result> {
  const iterator = await events
  for (;;) {
    const event = await iterator.next()
    if (event.done === true) return event.value
  }
}

/** Bytes that look like any, and the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** A promise that a test settles itself. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return { opened: promise, open: () => { resolve(undefined) } }
}
