import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { EndpointAddress } from '#core/ports/endpoint.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { VaultFigures } from '#services/figures.ts'

/** OpenMetrics 1.0 on loopback, for Prometheus and its like. */
export interface MetricsServer {
  readonly url: string
  close(): Promise<void>
}

const TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** Throws PORT_UNAVAILABLE. */
export async function serveMetrics({ host, port }: Omit<EndpointAddress, 'transport'>, version: string, figures: () => VaultFigures): Promise<MetricsServer> {
  const server = createServer((request, response) => { answer(request, response, () => metricsText(version, figures())) })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new VaultError('PORT_UNAVAILABLE', { port, reason: error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened' })
  }
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${bound}/metrics`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** No other site's page can read it: the Host must be this machine's (DNS rebinding). */
function answer(request: IncomingMessage, response: ServerResponse, text: () => string): void {
  const host = request.headers.host ?? ''
  const status = !/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(host) ? 421 : request.url !== '/metrics' ? 404 : request.method === 'GET' ? 200 : 405
  response.writeHead(status, { 'Content-Type': status === 200 ? TYPE : 'text/plain', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  response.end(status === 200 ? text() : '')
}

export function metricsText(version: string, { unlocked, calls, trail, keys, members }: VaultFigures): string {
  return [
    ...family('holdfast_build', 'info', 'The version that runs.', [`holdfast_build_info{version="${escaped(version)}"} 1`]),
    ...family('holdfast_vault_unlocked', 'gauge', 'Whether the vault is open.', [`holdfast_vault_unlocked ${unlocked ? 1 : 0}`]),
    ...family('holdfast_calls', 'counter', 'Recorded calls since the first look, by operation.', calls.map(({ operation, outcome, count }) => `holdfast_calls_total{operation="${escaped(operation)}",outcome="${outcome}"} ${count}`)),
    ...(trail === undefined ? [] : family('holdfast_audit_records', 'gauge', 'Records in the audit trail.', [`holdfast_audit_records ${trail.records}`])),
    ...(trail === undefined ? [] : family('holdfast_audit_checkpointed_records', 'gauge', 'Records that the last checkpoint covers.', [`holdfast_audit_checkpointed_records ${trail.checkpointed}`])),
    ...(keys === undefined ? [] : family('holdfast_keys', 'gauge', 'KMS keys, in all accounts and Regions.', [`holdfast_keys ${keys}`])),
    ...family('holdfast_hsm_members', 'gauge', 'HSM members by state.', members.map(({ state, count }) => `holdfast_hsm_members{state="${escaped(state)}"} ${count}`)),
    '# EOF',
    '',
  ].join('\n')
}

function family(name: string, type: 'counter' | 'gauge' | 'info', help: string, samples: readonly string[]): string[] {
  return samples.length === 0 ? [] : [`# TYPE ${name} ${type}`, `# HELP ${name} ${help}`, ...samples]
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
