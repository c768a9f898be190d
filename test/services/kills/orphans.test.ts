import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import { PASSPHRASE, secret, temporaryVault, vaultAt } from '../temporary-vault.ts'
import { watchedHsm } from '../watched-ports.ts'

// The HSM host outlives its owner by the call that it is in. What it makes then must not stay: the next owner may have undone the change already.

it('leaves no pair in the token whose owner was killed while it was made', async () => {
  await using first = await temporaryVault()
  await first.holdfast.close()
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'generation-child.ts'), first.homePath], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(signal).toBe('SIGKILL')
    let member: HsmMember | undefined
    await using next = vaultAt(first.homePath, { hsm: watchedHsm(() => undefined, (opened) => { member = opened }) })
    await next.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const hosts = output.trim().split('\n').map(Number)
    expect(hosts.length).toBeGreaterThan(0)
    await expect.poll(() => hosts.some(lives), { timeout: 30_000 }).toBe(false)
    // The vault's own signing key may be there.
    const kinds = (await member?.session.findKeys('holdfast:'))?.map(({ kind }) => kind)
    expect(kinds).toBeDefined()
    expect(kinds).not.toContain('rsa-4096-sign')
  }
}, 120_000)

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
