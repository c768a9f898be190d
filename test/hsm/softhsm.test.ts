import { conformance, type TokenUnderTest } from './conformance.ts'
import { faultyToken } from './faulty-token.ts'
import { softToken, type SoftToken } from './soft-token.ts'

conformance('SoftHSM', async () => underTest(await softToken()))
conformance('SoftHSM behind the fault module without faults', async () => underTest(await faultyToken()))
conformance('a token that makes its own IVs', async () => {
  const token = await faultyToken()
  await token.faults('token-iv')
  return underTest(token)
})

function underTest(token: SoftToken): TokenUnderTest {
  return { hsm: token.hsm(), config: token.config(), pin: token.pin, dispose: () => token.dispose() }
}
