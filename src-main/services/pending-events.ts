import type { Ambient } from '#core/ports/ambient.ts'
import type { Home } from '#core/ports/home.ts'
import { canonicalJson, type Json } from '#core/vocabulary/canonical.ts'
import type { VaultError } from '#core/vocabulary/failures.ts'
import { appendRecord } from './audit.ts'
import type { OpenVault } from './open-vault.ts'
import type { Connection } from './sessions.ts'

// What happened while the vault was locked waits in a clear file and enters the trail at the next unlock, marked as unauthenticated:
// whoever can write the home could have written it.

const NAME = 'FailedUnlock'

export function failedUnlockLine(at: number, connection: Connection, failure: VaultError): string {
  return canonicalJson({ event: NAME, at, source: connection.source, agent: connection.agent, code: failure.code })
}

/** Something else that happened while nobody could be asked who did it. */
export function pendingLine(event: string, at: number, connection: Connection): string {
  return canonicalJson({ event, at, source: connection.source, agent: connection.agent })
}

/** When passphrases were wrong since the last unlock, oldest first. */
export function failedUnlockTimes(lines: readonly string[]): number[] {
  return lines.flatMap((line) => {
    const event = readLine(line)
    return event?.['event'] === NAME && typeof event['at'] === 'number' ? [event['at']] : []
  })
}

/** Moves the file's lines into the trail; the file goes once they are durable there. */
export async function recordPendingEvents(ambient: Ambient, home: Home, opened: OpenVault): Promise<void> {
  const lines = home.pendingEvents()
  if (lines.length === 0) return
  await opened.store.write((tables) => {
    for (const line of lines) {
      const event = readLine(line)
      appendRecord(ambient, tables, {
        eventSource: 'holdfast',
        eventName: 'PendingEvent',
        readOnly: false,
        account: opened.row.account,
        region: opened.row.region,
        principal: undefined,
        source: textOf(event?.['source']),
        agent: textOf(event?.['agent']),
        // The line as it was found: it is evidence, not input.
        request: event ?? { unreadable: line.toWellFormed().slice(0, 512) },
        response: null,
        resources: [],
        failure: typeof event?.['code'] === 'string' ? { code: event['code'], text: '' } : undefined,
        requestId: ambient.uuid(),
      })
    }
  })
  home.clearPendingEvents()
}

function readLine(line: string): { readonly [name: string]: Json } | undefined {
  try {
    const value = JSON.parse(line) as Json
    // A number that has no canonical form must not keep the vault from opening.
    canonicalJson(value)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [name: string]: Json }) : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : 'unknown'
}
