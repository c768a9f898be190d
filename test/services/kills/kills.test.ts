import { expect, it } from 'vitest'
import { killedLives } from './lives.ts'

// The long form, on other seeds: `npm run test:kill MINUTES`.

it('loses nothing, leaves nothing behind and destroys nothing early, however often its process is killed', async () => {
  const end = performance.now() + 12_000
  const sum = await killedLives(20_261_125, (lives) => lives >= 12 || (lives >= 3 && performance.now() > end))
  expect(sum.lives).toBeGreaterThanOrEqual(3)
  expect(sum.keys).toBeGreaterThan(0)
  expect(sum.proofs).toBeGreaterThan(0)
}, 120_000)
