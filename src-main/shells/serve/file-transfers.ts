import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UploadAnswer } from '#contract/files.ts'
import { failureStatus, VaultError } from '#core/vocabulary/failures.ts'
import type { Job } from '#services/files/jobs.ts'
import type { Vault } from '#services/vault.ts'
import { declaredFailure, describeFailure } from '../failures.ts'
import type { Log } from '../log.ts'
import type { Admission } from './admission.ts'
import { json, plain } from './answers.ts'
import { attachmentOf, bodyOf } from './file-body.ts'
import { connectionOf } from './tab-connection.ts'

/** The way of a browser's files: contract/files.ts says how. Host and Origin were looked at before. */
export interface FileTransfers {
  /** True if the request is for this; it is then answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
}

const UPLOAD = /^\/files\/upload\/([0-9a-f]{64})$/
const DOWNLOAD = /^\/files\/download\/([0-9a-f]{64})$/

export function createFileTransfers({ vault, admission, log }: { vault: Vault; admission: Admission; log: Log }): FileTransfers {
  async function upload(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const visitor = admission.visitor(bearer(request))
      if (visitor === undefined) throw new VaultError('NOT_SIGNED_IN')
      const source = bodyOf(request, lengthOf(request))
      const made = await vault.call(connectionOf(visitor, request), (all) => all.receiveUpload, { id, source, job: jobFor(response) })
      const { download, name, size, keyArn } = made
      const answer: UploadAnswer = { download: download.id, expiresAt: new Date(download.expiresAt).toISOString(), name, size, keyArn }
      json(response, 200, answer)
    } catch (error) {
      const failure = declaredFailure(error, log)
      // A browser looks at the answer when it has sent all; what still comes is let through to nowhere.
      request.resume()
      if (!response.destroyed) json(response, statusOf(failure), { error: describeFailure(failure) }, { Connection: 'close' })
    }
  }

  async function download(id: string, response: ServerResponse): Promise<void> {
    try {
      await vault.call(vault.ownerOfDownload(id), (all) => all.sendDownload, { id, sink: attachmentOf(response), job: jobFor(response) })
      response.end()
    } catch (error) {
      const failure = declaredFailure(error, log)
      // Once begun, only a broken connection tells the browser that what it has is not the file.
      if (response.headersSent) response.destroy()
      else if (!response.destroyed) plain(response, failure.code === 'TRANSFER_ENDED' ? 404 : statusOf(failure), describeFailure(failure).text)
    }
  }

  return {
    answer(request, response) {
      const path = request.url ?? ''
      const [, uploadId] = UPLOAD.exec(path) ?? []
      const [, downloadId] = DOWNLOAD.exec(path) ?? []
      if (request.method === 'PUT' && uploadId !== undefined) void upload(uploadId, request, response)
      else if (request.method === 'GET' && downloadId !== undefined) {
        // No other site's page may spend an id, had it one.
        if (['cross-site', 'same-site'].includes(String(request.headers['sec-fetch-site']))) plain(response, 403, 'Only the console itself may ask.')
        else void download(downloadId, response)
      } else if (path.startsWith('/files/upload/') || path.startsWith('/files/download/')) plain(response, 404, 'Not found.')
      else return false
      return true
    },
  }
}

/** Whoever waits for a transfer is the other end of its connection. */
function jobFor(response: ServerResponse): Job {
  return {
    report: () => undefined,
    get cancelled() {
      return response.destroyed
    },
  }
}

function bearer(request: IncomingMessage): string {
  return /^Bearer ([\w-]{1,128})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

function lengthOf(request: IncomingMessage): number {
  const length = Number(request.headers['content-length'] ?? 'none')
  if (!Number.isSafeInteger(length)) throw new VaultError('ValidationException', { text: 'The length of the file must be said before it is sent.' })
  return length
}

function statusOf(failure: VaultError): number {
  return failure.code === 'NOT_SIGNED_IN' || failure.code === 'SESSION_ENDED' ? 401 : failureStatus(failure.code)
}
