import type { Api } from '#contract/contract.ts'
import type { UploadAnswer } from '#contract/files.ts'
import { ApiFailure, failureOf, toFailure } from './failure.ts'
import { ours, type FileWatch, type GivenFile } from './given-file.ts'

/** The longest front that a header with its tag can have, in bytes (contract/files.ts). */
const LONGEST_FRONT = 262_160
/** How our files begin: version 2 of the AWS Encryption SDK's message format. */
const FIRST_BYTE = 0x02

/** A file that only this browser has: its bytes go up as they are read, and the result is fetched once. `token`: the tab's right to the transport. */
export function browserFile(api: Api, file: File, token: () => string): GivenFile {
  const { name, size } = file
  return {
    name,
    size,
    path: undefined,

    async inspect() {
      const head = await bytesOf(file.slice(0, LONGEST_FRONT), name)
      if (head[0] !== FIRST_BYTE) return undefined
      return await ours(() => api.files.inspect({ head, size }))
    },

    async run({ kind, keyId = '', context }, watch) {
      const wanted = { name, size, context }
      const bound = Object.keys(context).length > 0
      const { upload } = await api.files.prepareUpload(
        kind === 'encrypt' ? { purpose: kind, ...wanted, keyId } : { purpose: kind, name, size, ...(bound ? { context } : {}) },
        { signal: watch.signal },
      )
      const answer = await send(file, `/files/upload/${upload}`, token(), watch, kind)
      const at = { kind: 'download', href: `/files/download/${answer.download}`, expiresAt: new Date(answer.expiresAt) } as const
      return { name: answer.name, size: answer.size, keyArn: answer.keyArn, at }
    },
  }
}

/**
 * XMLHttpRequest: it reads the file as it sends it and tells how far it is. A stream as the body of fetch would need HTTP/2, has no
 * length, and tells nothing.
 */
function send(file: File, path: string, token: string, { signal, progress }: FileWatch, kind: 'encrypt' | 'decrypt'): Promise<UploadAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = (): void => request.abort()
    request.open('PUT', path)
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded }) => progress(loaded, file.size))
    if (kind === 'decrypt') request.upload.addEventListener('load', () => progress(file.size, file.size, 'verifying'))
    request.addEventListener('load', () => (request.status === 200 ? resolve(request.response as UploadAnswer) : reject(failureOf(memberOf(request.response, 'error')))))
    // A broken line and a file that was changed meanwhile look alike: only reading it again tells.
    request.addEventListener('error', () => void bytesOf(file.slice(0, 1), file.name).then(() => reject(toFailure(new Error('transfer broke'), signal)), reject))
    request.addEventListener('abort', () => reject(toFailure(new Error('transfer aborted'), signal)))
    request.addEventListener('loadend', () => signal.removeEventListener('abort', abort))
    signal.addEventListener('abort', abort)
    if (signal.aborted) reject(toFailure(new Error('transfer aborted'), signal))
    else request.send(file)
  })
}

async function bytesOf(blob: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch {
    // A folder that posed as a file, or one that was deleted since: the browser's own error says no more.
    throw new ApiFailure('FILE_UNREADABLE', `${name} cannot be read.`, 'It may have been moved, changed or deleted since it was chosen.')
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
}
