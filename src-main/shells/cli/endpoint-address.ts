import { InvalidArgumentError } from 'commander'
import type { EndpointAddress } from '#core/ports/endpoint.ts'

/** The option of commands that switch the endpoint on. */
export const INSECURE_OPTION = ['--insecure-http', 'plain HTTP instead of HTTPS: the command says what that means'] as const

/** What `--insecure-http` means; printed each time. */
export const INSECURE =
  'The KMS endpoint is plain HTTP. Plaintexts and data keys cross this machine unencrypted for whoever may watch its loopback, and a program that takes the port while Holdfast is off can pose as it. Signatures are verified all the same.'

/** `127.0.0.1:8443`, `localhost:8443`, `[::1]:8443`, or the port alone; port 0 takes a free one. */
export function parseEndpointAddress(text: string): Omit<EndpointAddress, 'transport'> {
  const [, host = '127.0.0.1', digits = ''] = /^(?:(127\.0\.0\.1|localhost|\[::1\]):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65535) throw new InvalidArgumentError('The endpoint is on this machine alone: 127.0.0.1:PORT or [::1]:PORT.')
  return { host: host === '[::1]' ? '::1' : '127.0.0.1', port }
}
