import { describe, it } from 'vitest'
import { describeTransport } from '../transports/conformance.ts'
import { because, missing, startApp } from './app.ts'
import { openLines } from './line.ts'

const name = 'the contract over the MessagePort of the desktop app'

if (missing === undefined) {
  describeTransport(name, async () => {
    const app = await startApp()
    return { connect: await openLines(app), close: () => app[Symbol.asyncDispose]() }
  })
} else {
  describe.skip(`${name}${because}`, () => it('is not run'))
}
