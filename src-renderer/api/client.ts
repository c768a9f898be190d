import { createORPCClient, type ClientContext, type ClientLink } from '@orpc/client'
import { inject, type InjectionKey } from 'vue'
import type { Api } from '#contract/contract.ts'
import { toFailure } from './failure.ts'
import type { GivenFile } from './given-file.ts'
import type { Line, Transport } from './transport.ts'

/** The contract for the page: one value that outlives broken lines. */
export interface Client {
  /** Calls of the contract. They throw ApiFailure only; CONNECTION_LOST while there is no line. */
  readonly api: Api
  /** A file that was dropped or chosen in the page; undefined if that does not work over this transport. */
  readonly given: ((file: File) => GivenFile) | undefined
  /** Opens a line and makes it the one that calls go through. Throws what the transport throws. */
  connect(): Promise<{ readonly ended: Promise<void> }>
}

export function createClient(transport: Transport): Client {
  let line: Line | undefined

  const link: ClientLink<ClientContext> = {
    async call(path, input, options) {
      try {
        if (line === undefined) throw new Error('no line')
        const answer = await line.link.call(path, input, options)
        return isStream(answer) ? failing(answer, options.signal) : answer
      } catch (error) {
        throw toFailure(error, options.signal)
      }
    },
  }

  const api = createORPCClient<Api>(link)
  const { given } = transport
  return {
    api,
    given: given === undefined ? undefined : (file) => given(api, file),
    async connect() {
      const opened = await transport.open()
      line = opened
      void opened.ended.then(() => {
        if (line === opened) line = undefined
      })
      return opened
    },
  }
}

export const clientKey: InjectionKey<Client> = Symbol('client')

/** The contract, inside a component or a store. */
export function useApi(): Api {
  return useClient().api
}

export function useClient(): Client {
  const client = inject(clientKey)
  if (client === undefined) throw new Error('unreachable: no client provided')
  return client
}

function isStream(value: unknown): value is AsyncIterableIterator<unknown, unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** The same stream with its return value, failing with ApiFailure. */
async function* failing(stream: AsyncIterableIterator<unknown, unknown>, signal: AbortSignal | undefined): AsyncGenerator<unknown, unknown> {
  try {
    return yield* stream
  } catch (error) {
    throw toFailure(error, signal)
  }
}
