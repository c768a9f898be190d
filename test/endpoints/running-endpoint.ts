import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'
import { text, temporaryVault, type TemporaryVault } from '../services/temporary-vault.ts'

/** A vault whose endpoint is on, with real TLS on a real port, and the access key of its account's root. */
export interface RunningEndpoint extends AsyncDisposable {
  readonly vault: TemporaryVault
  readonly url: string
  readonly port: number
  /** PEM of the authority, and where it lies. */
  readonly ca: string
  readonly caPath: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** AWS's own client, trusting the vault's authority alone. */
  client(more?: KMSClientConfig): KMSClient
}

export const REGION = 'lab'

export async function runningEndpoint(transport: 'tls' | 'plain' = 'tls', adapters: Parameters<typeof temporaryVault>[0] = {}): Promise<RunningEndpoint> {
  const vault = await temporaryVault(adapters)
  const { url } = await vault.api.endpoint.start({ transport })
  const { accessKeyId, secretAccessKey } = await vault.api.accessKeys.create({})
  const credentials = { accessKeyId, secretAccessKey: text(secretAccessKey!) }
  const { path: caPath } = await vault.api.endpoint.authority({})
  const ca = readFileSync(caPath, 'utf8')
  const httpsAgent = new Agent({ ca, keepAlive: true, maxSockets: 32 })
  const clients: KMSClient[] = []
  return {
    vault,
    url,
    port: Number(new URL(url).port),
    ca,
    caPath,
    credentials,
    client(more = {}) {
      const client = new KMSClient({ endpoint: url, region: REGION, credentials, maxAttempts: 1, requestHandler: { httpsAgent }, ...more })
      clients.push(client)
      return client
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      httpsAgent.destroy()
      await vault[Symbol.asyncDispose]()
    },
  }
}
