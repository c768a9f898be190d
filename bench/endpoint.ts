// The endpoint against the service in process: Encrypt of 32 bytes by requests that were signed beforehand, each verified, authorised, sealed
// and on the record, durably, before its answer. The client is another process on the same processors. Run alone:
// `node bench/endpoint.ts [rounds] [seconds]`.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { ReceivedRequest } from '#core/sigv4/request.ts'
import { runningEndpoint, type RunningEndpoint } from '../test/endpoints/running-endpoint.ts'
import { signedText } from '../test/endpoints/raw-request.ts'
import type { Order, Result } from './endpoint-client.ts'
import { median, table } from './rounds.ts'

interface Way {
  readonly name: string
  readonly callers: number
  run(callers: number, seconds: number): Promise<Result>
}

/** With the processor time that one call costs the owner, in microseconds: it does not depend on who else is on the machine. */
interface Measured extends Result {
  readonly processor: number
}

/** Prints the table. `rounds` rounds of about `6 * seconds` each. */
export async function benchEndpoint(rounds: number, seconds: number): Promise<void> {
  await using endpoint = await runningEndpoint()
  const { KeyId } = (await endpoint.vault.api.kms.CreateKey({})).KeyMetadata
  const ways: Way[] = [1, 16].flatMap((callers) => [
    { name: 'the service in process', callers, run: (many, time) => inProcess(endpoint, KeyId, many, time) },
    { name: 'the endpoint over plain HTTP', callers, run: (many, time) => overHttp(endpoint, 'plain', KeyId, many, time) },
    { name: 'the endpoint over TLS', callers, run: (many, time) => overHttp(endpoint, 'tls', KeyId, many, time) },
  ])
  const seen = new Map(ways.map((way) => [way, [] as Measured[]]))
  for (const way of ways) await way.run(way.callers, seconds / 2)
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) seen.get(way)?.push(await measured(way, seconds))
  }
  print(seen, rounds, verification(endpoint, KeyId))
}

async function measured(way: Way, seconds: number): Promise<Measured> {
  const before = process.cpuUsage()
  const result = await way.run(way.callers, seconds)
  const { user, system } = process.cpuUsage(before)
  return { ...result, processor: (user + system) / (result.perSecond * seconds) }
}

async function inProcess({ vault }: RunningEndpoint, KeyId: string, callers: number, seconds: number): Promise<Result> {
  const times: number[] = []
  const started = performance.now()
  const end = started + seconds * 1_000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let sent = started; sent < end; ) {
        await vault.api.kms.Encrypt({ KeyId, Plaintext: new Uint8Array(32), EncryptionContext: { bench: 'endpoint' } })
        const now = performance.now()
        times.push(now - sent)
        sent = now
      }
    }),
  )
  const perSecond = times.length / ((performance.now() - started) / 1_000)
  times.sort((a, b) => a - b)
  return { perSecond, p50: times[times.length >> 1] ?? 0, p99: times[Math.floor(times.length * 0.99)] ?? 0 }
}

async function overHttp(endpoint: RunningEndpoint, transport: 'tls' | 'plain', KeyId: string, callers: number, seconds: number): Promise<Result> {
  const { api } = endpoint.vault
  await api.endpoint.stop({})
  const port = Number(new URL((await api.endpoint.start({ transport })).url).port)
  return ordered({ port, ca: transport === 'tls' ? endpoint.ca : undefined, request: request(endpoint, KeyId), callers, seconds })
}

function request(endpoint: RunningEndpoint, KeyId: string): string {
  const body = JSON.stringify({ KeyId, Plaintext: Buffer.alloc(32).toString('base64'), EncryptionContext: { bench: 'endpoint' } })
  return signedText(endpoint, { operation: 'Encrypt', body, signQuery: true })
}

async function ordered(order: Order): Promise<Result> {
  const client = fork(new URL('endpoint-client.ts', import.meta.url))
  client.send(order)
  const [result] = (await Promise.race([
    once(client, 'message'),
    once(client, 'exit').then(([code]) => Promise.reject(new Error(`the client ended with ${String(code)}`))),
  ])) as [Result]
  return result
}

/** Microseconds of one verification, with the day's key at hand. */
function verification(endpoint: RunningEndpoint, KeyId: string): number {
  const [head = '', body = ''] = request(endpoint, KeyId).split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const [method = '', target = ''] = first.split(' ')
  const [path = '', query = ''] = target.split('?')
  const headers = lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  const received: ReceivedRequest = { method, path, query, headers, body: Buffer.from(body) }
  const { vault } = endpoint.vault.holdfast
  const verify = (): void => { vault.authenticate({ via: 'endpoint', source: 'bench', agent: 'bench', session: undefined }, received, 'kms') }
  for (let i = 0; i < 2_000; i++) verify()
  const started = performance.now()
  for (let i = 0; i < 5_000; i++) verify()
  return ((performance.now() - started) / 5_000) * 1_000
}

function print(seen: ReadonlyMap<Way, readonly Measured[]>, rounds: number, microseconds: number): void {
  const speed = (way: Way | undefined): number => median((way && seen.get(way))?.map(({ perSecond }) => perSecond) ?? [])
  const ways = [...seen.keys()]
  console.log(`Encrypt of 32 bytes on SoftHSM by presigned requests, medians of ${rounds} rounds; the client runs on the same processors\n`)
  const rows = ways.map((way) => {
    const service = speed(ways.find(({ name, callers }) => name.includes('service') && callers === way.callers))
    const results = seen.get(way) ?? []
    return [
      way.name,
      String(way.callers),
      Math.round(speed(way)).toLocaleString('en'),
      `${((speed(way) / service) * 100).toFixed(0)} %`,
      median(results.map(({ p50 }) => p50)).toFixed(2),
      median(results.map(({ p99 }) => p99)).toFixed(2),
      median(results.map(({ processor }) => processor)).toFixed(0),
    ]
  })
  console.log(table(['', 'callers', 'calls/s', 'of the service', 'p50 ms', 'p99 ms', 'processor µs'], rows))
  console.log(`\nVerifying one signature: ${microseconds.toFixed(0)} µs\n`)
}

if (import.meta.main) await benchEndpoint(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 1))
