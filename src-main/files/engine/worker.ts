import { parentPort } from 'node:worker_threads'
import { runBulk } from './bulk.ts'
import { chooseProvider } from './providers.ts'
import type { Bulk, Small } from './protocol.ts'
import { runSmall } from './small.ts'

// A file thread: says what it can do, then does one job after the other.

const port = parentPort
if (port === null) throw new Error('a file thread is started by its owner')
const { chosen, measured } = await chooseProvider()
port.on('message', (task: Bulk | Small) => {
  try {
    port.postMessage('control' in task ? runBulk(chosen, task) : { outcomes: runSmall(chosen, task) })
  } catch (error) {
    // Our own fault ends the job, not the thread.
    port.postMessage({ outcome: 'broken', text: error instanceof Error ? error.message : 'unknown' })
  }
})
port.postMessage({ chosen: chosen.name, measured })
