import type { Layout } from '../messages/layout.ts'
import type { Secret } from '../vocabulary/secret.ts'

/**
 * The Files port: the host's files as jobs read and write them. Paths are absolute. Links are never followed at the last step of a path.
 * Buffers stay the caller's and may be used again once the call has resolved. Nothing is cached: each call is the disk's own word.
 */
export interface Files {
  /** Opens an ordinary file. Throws FILE_UNREADABLE for everything else: missing, a folder, a link, a device, not permitted. */
  open(path: string): Promise<SourceFile>
  /**
   * Begins a new file. Until `commit` it is a hidden `.part` in the same folder, readable by its owner only; whatever stands under the name
   * stays as it is. Throws FILE_UNWRITABLE, FILE_EXISTS, DISK_FULL (also if the folder has not the room for `size` bytes).
   */
  create(file: NewFile): Promise<TargetFile>
  /** A nameless file of this process in the vault's own folder, gone at the latest with the process. Throws DISK_FULL, FILE_UNWRITABLE. */
  spool(size: number): Promise<SpoolFile>
  /** One page of a folder: its folders first, each kind in the order of names. Throws FILE_UNREADABLE. */
  list(folder: string | undefined, page: { readonly after?: string | undefined; readonly limit: number }): Promise<FolderPage>
  /** All files below a folder; links are not followed. Throws FILE_UNREADABLE if the folder itself cannot be read. */
  walk(folder: string): Promise<WalkedTree>
  /** Makes folders that are not there, 0700. Throws FILE_UNWRITABLE, DISK_FULL. */
  makeFolders(paths: readonly string[]): Promise<void>
  /** Makes the names in folders durable. Throws FILE_UNWRITABLE. */
  syncFolders(paths: readonly string[]): Promise<void>
  /** The threads that cipher long files; undefined where a job is to be done piece by piece on this thread. */
  readonly engine: FileEngine | undefined
  /** Removes the `.part`s and spool files that an earlier process of this home left behind. For the owner of the home only. */
  removeLeftovers(): Promise<void>
}

/** Ciphers the frames of a whole message between two files, on as many threads as the host has. No data passes through this thread. */
export interface FileEngine {
  /** Whether a message is long enough for threads to be worth it, and its frames short enough for each to hold two. */
  suits(layout: Layout): boolean
  /**
   * Writes all frames behind a header that is written already. Throws FILE_CHANGED if the source ends early, FILE_UNREADABLE,
   * FILE_UNWRITABLE, DISK_FULL, and what `proceed` throws; no thread works on the files any more then.
   */
  seal(source: SourceFile, target: TargetFile, work: BulkWork): Promise<void>
  /** Opens all frames; the final one has been verified before. Without a target it verifies only. Throws NOT_AUTHENTIC besides. */
  open(source: Pick<SourceFile, 'descriptor' | 'path'>, target: TargetFile | undefined, work: BulkWork): Promise<void>
  /** Many small files, each whole in the memory of one thread. The outcomes are in the order of `files`. Throws what `told` throws. */
  many(kind: 'seal' | 'open', files: readonly SmallFile[], work: SmallWork): Promise<SmallOutcome[]>
  /** What the threads can do; starts them. */
  state(): Promise<EngineState>
  close(): Promise<void>
}

export interface BulkWork {
  /** The message's own key. Stays the caller's; the threads' copy is wiped. */
  readonly key: Secret
  readonly messageId: Uint8Array
  readonly layout: Layout
  /** Called every few milliseconds; what it throws ends the work. */
  proceed(progress: { readonly done: number; readonly total: number }): void
}

/** A file of `FileEngine.many`. */
export interface SmallFile {
  readonly path: string
  /** Where the result goes; it is there. */
  readonly folder: string
  readonly target: string
  /** Another one for each file of the job: it is in the name of the `.part`. */
  readonly number: number
}

export interface SmallWork {
  /** 32 bytes. Stays the caller's; the threads' copy is wiped. */
  readonly dataKey: Secret
  /** The header body of all of them, with zeros for message id and commitment. Each sealed file gets a message id of its own. */
  readonly header: Uint8Array
  readonly existing: ExistingFile
  /** Called as files are done, some at a time; what it throws keeps further ones from being begun. */
  told(outcomes: readonly SmallOutcome[]): void
}

/**
 * `elsewhere`: it is no small file (any more), or not under this data key, context and suite: it is to be done as any other file. `exists`: the
 * name is taken. `changed`: it was written to.
 */
export type SmallOutcome =
  | { readonly outcome: 'done'; readonly name: string; readonly size: number }
  | { readonly outcome: 'elsewhere' | 'exists' | 'changed' | 'not-authentic' }
  | { readonly outcome: 'system'; readonly side: 'read' | 'write'; readonly code: string }

export interface WalkedTree {
  /** Ordinary files, folder by folder. */
  readonly files: readonly WalkedFile[]
  /** What cannot be encrypted, and folders that cannot be read. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[]
}

export interface WalkedFile {
  readonly path: string
  readonly folder: string
  /** The folder's path below the root; empty for the root itself. */
  readonly within: string
  readonly name: string
  readonly size: number
}

export interface EngineState {
  readonly threads: number
  /** The AES-GCM in use: the fastest one that gave the known answer. */
  readonly chosen: string
  readonly measured: readonly EngineProvider[]
}

export interface EngineProvider {
  readonly name: string
  /** Of one thread, in memory, 256 KiB at a time; 0 if it gave a wrong answer. */
  readonly bytesPerSecond: number
}

/** Bytes that can be read. */
export interface ByteSource {
  readonly size: number
  /** Fills the buffer from a position on. Throws FILE_CHANGED if the bytes end before it is full, FILE_UNREADABLE if the disk fails. */
  read(into: Uint8Array, position: number): Promise<void>
}

/** Bytes go in, each behind the ones before. */
export interface ByteSink {
  /** Resolves once the parts are taken. Throws DISK_FULL, FILE_UNWRITABLE; CANCELLED if nobody takes them any more. */
  write(parts: readonly Uint8Array[]): Promise<void>
}

export interface SourceFile extends ByteSource {
  readonly path: string
  /** The system's number of the open file, for the engine. */
  readonly descriptor: number
  readonly folder: string
  /** The last part of the path. */
  readonly name: string
  readonly facts: FileFacts
  /** Throws FILE_CHANGED if the file has been written to since it was opened. */
  requireUnchanged(): Promise<void>
  close(): Promise<void>
}

/** What goes over from a file to what is made of it. */
export interface FileFacts {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly modifiedAt: number
  /** Permission bits, 0 to 0o777. */
  readonly mode: number
}

export interface NewFile {
  readonly folder: string
  readonly name: string
  /** How many bytes it will have. */
  readonly size: number
  readonly facts: FileFacts
  /** What to do about a file that has the name already, or has it by the time of `commit`. */
  readonly existing: ExistingFile
}

/** `refuse`: FILE_EXISTS. `replace`: the new file takes its place in one step. `keep-both`: the new file gets a number. */
export const existingFilePolicies = ['refuse', 'replace', 'keep-both'] as const
export type ExistingFile = (typeof existingFilePolicies)[number]

export interface TargetFile extends ByteSink {
  /** Where it will stand, if nothing else comes there. */
  readonly path: string
  /** The system's number of the open file, for the engine. */
  readonly descriptor: number
  /** Reads what has been written. As `ByteSource.read`. */
  read(into: Uint8Array, position: number): Promise<void>
  /** Makes content, time and mode durable, then the name. Resolves with the path. If it throws, `discard` is still due. */
  commit(): Promise<string>
  /** Removes what was written; after `commit` it does nothing. Never throws: a `.part` that cannot be removed is a leftover. */
  discard(): Promise<void>
}

export interface SpoolFile extends ByteSource, ByteSink {
  /** Frees its room. May be called twice. */
  close(): Promise<void>
}

export interface FolderPage {
  readonly folder: string
  /** Undefined for the root. */
  readonly parent: string | undefined
  readonly entries: readonly FolderEntry[]
  readonly total: number
  /** `after` of the next page; undefined if this is the last. */
  readonly next: string | undefined
}

export interface FolderEntry {
  readonly name: string
  readonly path: string
  /** `other` cannot be encrypted: a link, a device, a socket. */
  readonly kind: 'folder' | 'file' | 'other'
  readonly size: number
  readonly modifiedAt: number
}
