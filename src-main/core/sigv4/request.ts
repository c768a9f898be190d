/** An HTTP request as it was received, byte for byte; a character is a byte (Latin-1). What a SigV4 signature is about. */
export interface ReceivedRequest {
  readonly method: string
  /** Before the `?`, still percent-encoded. */
  readonly path: string
  /** Behind the `?`, still percent-encoded; empty if there was none. */
  readonly query: string
  /** In the order of arrival, names as spelled. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

/** Every value of a header, in order. */
export function headerValues(request: ReceivedRequest, name: string): string[] {
  return request.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
}

/** The query's pairs, each percent-decoded to bytes (Latin-1); a name without `=` has an empty value. A `+` is a plus (RFC 3986). */
export function queryPairs(query: string): [name: string, value: string][] {
  return query.split('&').filter((pair) => pair !== '').map((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [percentDecoded(pair), ''] : [percentDecoded(pair.slice(0, equals)), percentDecoded(pair.slice(equals + 1))]
  })
}

/** A `%` without two hex digits behind it stays what it is, and is encoded again. */
function percentDecoded(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
