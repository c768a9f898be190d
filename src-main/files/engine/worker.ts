import { parentPort } from 'node:worker_threads'
import { runBulk } from './bulk.ts'
import { chooseProvider } from './providers.ts'
import type { Bulk } from './protocol.ts'

// A file thread: says what it can do, then does one job after the other.

const port = parentPort
if (port === null) throw new Error('a file thread is started by its owner')
const { chosen, measured } = await chooseProvider()
port.on('message', (bulk: Bulk) => { port.postMessage(runBulk(chosen, bulk)) })
port.postMessage({ chosen: chosen.name, measured })
