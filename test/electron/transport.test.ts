import { describe } from 'vitest'
import { describeTransport } from '../transports/conformance.ts'
import { because, missing, startApp } from './app.ts'
import { openLines } from './line.ts'

describe.skipIf(missing !== undefined)(`the desktop app${because}`, () => {
  describeTransport('the contract over its MessagePort', async () => {
    const app = await startApp()
    return { connect: await openLines(app), close: () => app[Symbol.asyncDispose]() }
  })
})
