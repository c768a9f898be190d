import type { Endpoint, EndpointAddress, EndpointState, RequestLine } from '#core/ports/endpoint.ts'
import type { VaultRow } from '#core/ports/store.ts'
import type { Operation, Targeted } from '../operation.ts'
import { vaultResource } from '../vault-resource.ts'
import type { AuthorityView, Identities } from './identity.ts'

export interface StartEndpointRequest {
  host?: EndpointAddress['host'] | undefined
  port?: number | undefined
  transport?: EndpointAddress['transport'] | undefined
}

/** How the endpoint is reached while it is on. */
export interface EndpointView {
  url: string
  transport: EndpointAddress['transport']
  since: Date
  ready: boolean
}

/** The switch of the endpoint, and what its clients must trust. */
export function manageEndpoint({ endpoint, identities, row, changed }: { endpoint: Endpoint; identities: Identities; row: VaultRow; changed: () => void }) {
  const resources = [vaultResource(row)]

  const startEndpoint: Operation<StartEndpointRequest, Targeted, EndpointView> = {
    name: 'StartEndpoint',
    action: 'holdfast:StartEndpoint',
    readOnly: false,
    request: (input) => ({ ...addressOf(input) }),
    check: () => undefined,
    target: () => ({ resources }),
    async perform(_call, _target, input) {
      const state = await startListening(endpoint, addressOf(input), identities)
      changed()
      return {
        settle: () => endpointView(state),
        response: (output) => ({ url: output.url }),
        async abandon() {
          await endpoint.stop()
          changed()
        },
      }
    },
  }

  const stopEndpoint: Operation<Record<never, never>, Targeted, Record<never, never>> = {
    name: 'StopEndpoint',
    action: 'holdfast:StopEndpoint',
    readOnly: false,
    request: () => null,
    check: () => undefined,
    target: () => ({ resources }),
    async perform() {
      await endpoint.stop()
      changed()
      return { settle: () => ({}) }
    },
  }

  const readEndpointAuthority: Operation<Record<never, never>, Targeted, AuthorityView> = {
    name: 'ReadEndpointAuthority',
    action: 'holdfast:ReadEndpointAuthority',
    readOnly: true,
    request: () => null,
    check: () => undefined,
    target: () => ({ resources }),
    async perform() {
      const authority = await identities.authority()
      return { settle: () => authority }
    },
  }

  return { startEndpoint, stopEndpoint, readEndpointAuthority }
}

/** Where the endpoint listens if nothing is said: on IPv4's loopback, with TLS, on a free port. */
export function addressOf(input: StartEndpointRequest): EndpointAddress {
  return { host: input.host ?? '127.0.0.1', port: input.port ?? 0, transport: input.transport ?? 'tls' }
}

/** Plain HTTP needs no identity. The key is wiped once the listener has its own copy. */
export async function startListening(endpoint: Endpoint, address: EndpointAddress, identities: Identities): Promise<EndpointState> {
  if (address.transport === 'plain') return endpoint.start(address, undefined)
  const identity = await identities.server()
  try {
    return await endpoint.start(address, identity)
  } finally {
    identity.privateKey.fill(0)
  }
}

export function endpointView(state: EndpointState): EndpointView {
  return { url: state.url, transport: state.transport, since: new Date(state.since), ready: state.ready }
}

/** A request at the endpoint as a list shows it. */
export interface RequestView {
  at: Date
  requestId: string
  operation?: string
  accessKeyId?: string
  region?: string
  status: number
  failure?: string
  milliseconds: number
}

export function requestView({ at, requestId, operation, accessKeyId, region, status, failure, milliseconds }: RequestLine): RequestView {
  return {
    at: new Date(at),
    requestId,
    ...(operation === undefined ? {} : { operation }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(region === undefined ? {} : { region }),
    status,
    ...(failure === undefined ? {} : { failure }),
    milliseconds,
  }
}
