import { fromBase64, toBase64, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** AWS's page: `Limit` and `Marker` in, `Truncated` and `NextMarker` out. The marker is opaque: base64 of the last entry's place. */
export function pageOf<Row>(
  request: { Limit?: number | undefined; Marker?: string | undefined },
  defaultLimit: number,
  fetch: (after: string | undefined, limit: number) => Row[],
  place: (row: Row) => string,
): { rows: Row[]; Truncated: boolean; NextMarker?: string } {
  const limit = request.Limit ?? defaultLimit
  const rows = fetch(request.Marker === undefined ? undefined : readMarker(request.Marker), limit + 1)
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { rows, Truncated: false }
  return { rows: rows.slice(0, limit), Truncated: true, NextMarker: toBase64(utf8(place(last))) }
}

function readMarker(marker: string): string {
  const bytes = fromBase64(marker)
  if (bytes === undefined || bytes.length === 0) throw new VaultError('InvalidMarkerException')
  try {
    return decoder.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw new VaultError('InvalidMarkerException')
    throw error
  }
}
