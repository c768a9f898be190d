import type { FileFactsView } from '#contract/files.ts'
import type { Api } from '#contract/contract.ts'
import { ApiFailure } from './failure.ts'

/** A file that a person gave, wherever its bytes are: in the browser, which has no path for it, or on the host. */
export interface GivenFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Absolute, on the host (in the desktop app its name alone); undefined where only the browser has it. */
  readonly path: string | undefined
  /** What its header says, no key used and nothing verified; undefined if it is not one of our files. Throws ApiFailure. */
  inspect(): Promise<FileFactsView | undefined>
  /** Encrypts or decrypts it whole, or not at all. Throws ApiFailure; CANCELLED when the signal aborts. */
  run(work: FileWork, watch: FileWatch): Promise<MadeFile>
}

export interface FileWork {
  readonly kind: 'encrypt' | 'decrypt'
  /** To encrypt: a key id. */
  readonly keyId?: string
  /** To encrypt: what is bound to the file. To decrypt: pairs that the file's own must hold. */
  readonly context: Readonly<Record<string, string>>
  /** Where the result of a file on the host goes; beside the original if left out. */
  readonly folder?: string
  /** What happens there if the name is taken. */
  readonly existing: 'refuse' | 'replace' | 'keep-both'
}

export interface FileWatch {
  readonly signal: AbortSignal
  /** Bytes of the file; `verifying`: all of it was sent, and is looked at before any of it is given back. */
  progress(done: number, total: number, phase?: 'verifying'): void
}

export interface MadeFile {
  readonly name: string
  /** Bytes of the result. */
  readonly size: number
  readonly keyArn: string
  readonly at: { readonly kind: 'host'; readonly path: string } | { readonly kind: 'download'; readonly href: string; readonly expiresAt: Date }
}

/** A file on the host, by its absolute path. */
export function hostFile(api: Api, file: { readonly name: string; readonly path: string; readonly size: number }): GivenFile {
  const { name, path, size } = file
  return {
    name,
    path,
    size,
    inspect: () => ours(() => api.files.inspect({ path })),
    async run({ kind, keyId = '', context, folder, existing }, { signal, progress }) {
      const bound = Object.keys(context).length === 0 ? {} : { context }
      const wanted = { path, existing, ...bound, ...(folder === undefined ? {} : { folder }) }
      const stream = kind === 'encrypt' ? await api.files.encrypt({ ...wanted, keyId }, { signal }) : await api.files.decrypt(wanted, { signal })
      for (let next = await stream.next(); ; next = await stream.next()) {
        if (next.done !== true) progress(next.value.done, next.value.total)
        else return { name: next.value.path.replace(/^.*[/\\]/, ''), size: next.value.size, keyArn: next.value.keyArn, at: { kind: 'host', path: next.value.path } }
      }
    },
  }
}

/** Undefined for what is not one of our files; every other failure is one. */
export async function ours(inspect: () => Promise<FileFactsView>): Promise<FileFactsView | undefined> {
  try {
    return await inspect()
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'MALFORMED') return undefined
    throw error
  }
}
