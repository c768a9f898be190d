import { oc } from '@orpc/contract'
import { bytes } from './bytes.ts'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// What programs need to reach the vault: the endpoint, the keys that they sign with, the accounts and Regions that they may name.

const operation = oc.errors(declaredErrors)
const nothing = z.object({})

const accessKey = z.object({
  accessKeyId: z.string(),
  /** The principal's ARN. */
  principal: z.string(),
  account: z.string(),
  active: z.boolean(),
  createdAt: z.date(),
  /** To the minute. */
  usedAt: z.date().optional(),
})
export type AccessKeyView = z.infer<typeof accessKey>

export const accessKeys = {
  /** The secret is in the answer only if it was made here, this once. */
  create: operation
    .input(
      z.object({
        principal: z.string().optional().describe("root, or the ARN of an account's root"),
        accessKeyId: z.string().optional(),
        /** ASCII. The receiver wipes it. */
        secretAccessKey: bytes.optional(),
      }),
    )
    .output(accessKey.extend({ secretAccessKey: bytes.optional() })),
  list: operation.input(nothing).output(z.object({ accessKeys: z.array(accessKey) })),
  update: operation.input(z.object({ accessKeyId: z.string(), active: z.boolean() })).output(nothing),
  delete: operation.input(z.object({ accessKeyId: z.string() })).output(nothing),
}

/** Each declared account is in each declared Region; an endpoint refuses all others. */
export const accounts = {
  list: operation.input(nothing).output(z.object({ accounts: z.array(z.string()), regions: z.array(z.string()) })),
  create: operation.input(z.object({ account: z.string().optional().describe('12 digits; random if not given') })).output(z.object({ account: z.string() })),
  addRegion: operation.input(z.object({ region: z.string() })).output(nothing),
}

/** How the endpoint is reached while it is on. */
export const endpointView = z.object({
  /** `https://127.0.0.1:8443` */
  url: z.string(),
  transport: z.enum(['tls', 'plain']),
  since: z.date(),
  /** False until the vault is opened for the first time: its certificate is in there. */
  ready: z.boolean(),
})
export type EndpointView = z.infer<typeof endpointView>

const requestLine = z.object({
  at: z.date(),
  requestId: z.string(),
  /** As the request named it; undefined if it named none that is served. */
  operation: z.string().optional(),
  /** The access key, once its signature was verified. */
  accessKeyId: z.string().optional(),
  region: z.string().optional(),
  status: z.number(),
  /** AWS's name of the failure. */
  failure: z.string().optional(),
  milliseconds: z.number(),
})
export type RequestLine = z.infer<typeof requestLine>

export const endpoint = {
  /** Throws PORT_UNAVAILABLE, ENDPOINT_ON. */
  start: operation
    .input(
      z.object({
        host: z.enum(['127.0.0.1', '::1']).optional(),
        port: z.int().min(0).max(65535).optional().describe('a free one if not given'),
        transport: z.enum(['tls', 'plain']).optional().describe('plain sends plaintexts and data keys in the clear through this machine'),
      }),
    )
    .output(endpointView),
  stop: operation.input(nothing).output(nothing),
  /** The last 500 requests since the process started, the newest first; no bodies, no parameters. */
  log: operation.input(nothing).output(z.object({ requests: z.array(requestLine) })),
  /** The certificate that clients must trust, made if there is none yet. */
  authority: operation.input(nothing).output(z.object({ path: z.string(), pem: z.string(), sha256: z.string(), endsAt: z.date() })),
}
