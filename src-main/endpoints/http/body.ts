import type { IncomingMessage } from 'node:http'

/** The whole body in one buffer of its own, which the caller wipes; undefined if its sender went away before it was complete. */
export function readBody(incoming: IncomingMessage, most: number): Promise<Buffer | 'too large' | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let length = 0
    incoming.on('data', (part: Buffer) => {
      length += part.length
      if (length <= most) {
        parts.push(part)
      } else {
        // What follows is not read: the answer ends the connection.
        incoming.pause()
        resolve('too large')
      }
    })
    incoming.on('end', () => {
      const whole = Buffer.concat(parts)
      for (const part of parts) part.fill(0)
      resolve(whole)
    })
    incoming.on('close', () => { resolve(undefined) })
    incoming.on('error', () => { resolve(undefined) })
  })
}
