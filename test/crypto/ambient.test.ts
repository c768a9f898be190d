import { expect, it } from 'vitest'
import { createAmbient } from '#crypto/ambient.ts'

const ambient = createAmbient()

it('waits at least as long as asked', async () => {
  const start = ambient.monotonic()
  await ambient.wait(20)
  expect(ambient.monotonic() - start).toBeGreaterThanOrEqual(20)
})

it('rejects with CANCELLED when the signal aborts, before or during the wait', async () => {
  const controller = new AbortController()
  const waiting = ambient.wait(2 ** 40, controller.signal)
  controller.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(ambient.wait(2 ** 40, controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(ambient.wait(0, controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
})

it('gives lower-case version 4 UUIDs and random bytes of the asked length', () => {
  expect(ambient.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(ambient.random(0).length).toBe(0)
  expect(ambient.random(100_000).length).toBe(100_000)
  expect(ambient.random(32)).not.toEqual(ambient.random(32))
})
