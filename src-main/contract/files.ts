import { eventIterator, oc } from '@orpc/contract'
import { bytes } from './bytes.ts'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// Encrypted files (docs/spec/file-message-v1.md). Two ways:
//
// 1. **A file of the host**, by its absolute path: `encrypt`, `decrypt`, `inspect({ path })`, and `browse` for a picker. The result stands
//    beside the original or in `folder`. The iterator gives progress (coalesced, about ten a second) and returns the result; to cancel,
//    abort the call's signal or leave the loop: nothing is left behind then.
//
// 2. **A file of a browser**, which has no path. Only ciphertext is ever on the disk.
//    a. `prepareUpload({ purpose, name, size, … })` gives a one-time `upload` id, good for five minutes, for this session only.
//       Prepare each file right before it is sent: no more than 32 may be waiting or on their way.
//    b. `PUT /files/upload/<upload>` with the file as body, `Authorization: Bearer <the tab's token>` and a Content-Length that equals `size`
//       (a Blob as the body of fetch or XMLHttpRequest does that; XMLHttpRequest tells progress). Answer: 200 with `uploadAnswer` as JSON, or
//       a failure as `{ error: { code, text, advice?, details } }` with status 400, 401, 500. For `decrypt` the whole file has been verified by then.
//       To cancel, abort the request.
//    c. `GET /files/download/<download>`: click a link `<a download>`, so that a refusal ends the download and not the page; the id works once, for five minutes, while the session lasts. It comes
//       as an attachment under `name`. What is decrypted is decrypted, and each frame verified again, while it is sent.
//    To inspect such a file: `inspect({ head, size })` with its first 262,160 bytes at most.
//
// All need a signed-in principal, but for `inspect({ head, size })`, which uses no key and touches no file.

const operation = oc.errors(declaredErrors)

const path = z.string().min(1).max(4096).describe('Absolute path on the host')
const context = z.record(z.string(), z.string())
const existing = z.enum(['refuse', 'replace', 'keep-both']).optional().describe('If the name is taken: refuse (the default), replace, or keep both')
const folder = path.optional().describe('Where the result goes; beside the original if left out')

const encryption = {
  keyId: z.string().describe('Key id, key ARN, alias name or alias ARN'),
  furtherKeyIds: z.array(z.string()).max(15).optional().describe('More keys of this vault, each of which opens the file alone'),
  recipients: z.array(path).max(15).optional().describe('Files with RSA public keys (PEM) of people who are to open the file without this vault'),
  signature: z.enum(['none', 'ecdsa']).optional().describe('ecdsa: suite 0578, signed with a new P-384 key'),
  afterwards: z.enum(['nothing', 'verify']).optional().describe('verify: reads the result back before it gets its name'),
  context: context.optional(),
}

const decryption = {
  context: context.optional(),
  commitment: z.enum(['require', 'allow']).optional().describe('allow: reads messages without key commitment too'),
  keyFiles: z.array(path).max(15).optional().describe('Files with raw keys: an RSA private key (PEM), or {"namespace", "name", "key"} for AES'),
}

/** Bytes of plaintext. */
export const fileProgress = z.object({
  done: z.number(),
  total: z.number(),
  /** Of a folder: files done, of how many, and how many failed. */
  files: z.number().optional(),
  of: z.number().optional(),
  failed: z.number().optional(),
})
export type FileProgress = z.infer<typeof fileProgress>

export const fileResult = z.object({
  /** Of the new file. */
  path: z.string(),
  keyArn: z.string(),
  /** Bytes of the new file. */
  size: z.number(),
})
export type FileResultView = z.infer<typeof fileResult>

export const folderResult = z.object({
  /** Where the results are. */
  folder: z.string(),
  files: z.number(),
  /** Bytes of the results. */
  size: z.number(),
  failed: z.number(),
  /** The first thousand. */
  failures: z.array(z.object({ path: z.string(), code: z.string(), text: z.string() })).readonly(),
})
export type FolderResultView = z.infer<typeof folderResult>

/** What the threads that cipher files can do. */
export const engineState = z.object({
  threads: z.number(),
  /** The AES-GCM in use: the fastest that gave the known answer. */
  chosen: z.string(),
  /** Of one thread, in memory; 0 for a wrong answer. */
  measured: z.array(z.object({ name: z.string(), bytesPerSecond: z.number() })).readonly(),
})
export type EngineStateView = z.infer<typeof engineState>

/** What the header says. No key was used: none of it is verified. */
export const fileFacts = z.object({
  size: z.number(),
  /** Left out, as is `frames`, if the file's length shows that it is cut or has something behind its end. */
  plaintextLength: z.number().optional(),
  frames: z.number().optional(),
  frameLength: z.number(),
  headerLength: z.number(),
  format: z.object({ version: z.number(), suite: z.string(), signed: z.boolean(), commits: z.boolean() }),
  messageId: z.string(),
  context,
  dataKeys: z.array(z.object({ provider: z.string(), keyArn: z.string().optional(), length: z.number() })),
})
export type FileFactsView = z.infer<typeof fileFacts>

export const folderEntry = z.object({
  name: z.string(),
  path: z.string(),
  /** `other` cannot be encrypted: a link, a device. */
  kind: z.enum(['folder', 'file', 'other']),
  size: z.number(),
  modifiedAt: z.date(),
})
export type FolderEntryView = z.infer<typeof folderEntry>

/** The body of a successful `PUT /files/upload/…`. */
export const uploadAnswer = z.object({
  /** For `GET /files/download/…`. */
  download: z.string(),
  expiresAt: z.string(),
  /** The result's name: `report.pdf.holdfast`, or `report.pdf` again. */
  name: z.string(),
  /** Bytes of the result. */
  size: z.number(),
  keyArn: z.string(),
})
export type UploadAnswer = z.infer<typeof uploadAnswer>

const upload = { name: z.string().max(255).regex(/^[^/\p{Cc}]+$/u).describe("The file's name, without a path"), size: z.int().min(0) }

export const files = {
  encrypt: operation
    .input(z.object({ path, ...encryption, folder, existing }))
    .output(eventIterator(fileProgress, fileResult)),
  decrypt: operation
    /** `context`: pairs that the file's own must hold. */
    .input(z.object({ path, ...decryption, folder, existing }))
    .output(eventIterator(fileProgress, fileResult)),
  /** Everything that decrypting verifies; nothing is written. `path` and `size` of the result are the file's and its plaintext's. */
  verify: operation.input(z.object({ path, ...decryption })).output(eventIterator(fileProgress, fileResult)),
  /** Under other keys, as a new message. The old file stays until the new one is verified; with `folder` it stays for good. */
  reencrypt: operation
    .input(z.object({ path, from: z.object(decryption).optional(), to: z.object(encryption), folder, existing }))
    .output(eventIterator(fileProgress, fileResult)),
  /** A part of the plaintext, for a look at it; shorter at the end. */
  read: operation
    .input(z.object({ path, ...decryption, position: z.int().min(0), length: z.int().min(0).max(1_048_576) }))
    .output(z.object({ bytes, size: z.number() })),
  /** Every ordinary file below a folder, each into a file of its own; `folder` mirrors the tree there. One file's failure stops no other. */
  encryptFolder: operation
    .input(z.object({ path, ...encryption, folder, existing, dataKey: z.enum(['batch', 'per-file']).optional().describe('batch (the default): one wrapped data key for all files') }))
    .output(eventIterator(fileProgress, folderResult)),
  /** Every file below a folder whose name ends in .holdfast or .encrypted. */
  decryptFolder: operation.input(z.object({ path, ...decryption, folder, existing })).output(eventIterator(fileProgress, folderResult)),
  engine: operation.output(engineState),
  inspect: operation.input(z.union([z.object({ path }), z.object({ head: bytes, size: z.int().min(0) })])).output(fileFacts),
  /** One page of a folder, folders first; the person's own folder if none is named. */
  browse: operation
    .input(z.object({ folder: path.optional(), after: z.string().optional(), limit: z.int().min(1).max(1000) }))
    .output(z.object({ folder: z.string(), parent: z.string().optional(), entries: z.array(folderEntry), total: z.number(), next: z.string().optional() })),
  prepareUpload: operation
    .input(
      z.discriminatedUnion('purpose', [
        z.object({ purpose: z.literal('encrypt'), ...upload, keyId: z.string(), context: context.optional() }),
        z.object({ purpose: z.literal('decrypt'), ...upload, context: context.optional() }),
      ]),
    )
    .output(z.object({ upload: z.string(), expiresAt: z.date() })),
}
