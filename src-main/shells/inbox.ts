import type { RawData, WebSocket } from 'ws'

/** One message of a WebSocket. */
export interface Message {
  readonly binary: boolean
  readonly bytes: Buffer
}

/** The close code for whoever did not prove what was asked; from the range that RFC 6455 leaves to applications. */
export const NOT_PROVEN = 4401
/** The close code for a path that has nothing to give. */
export const NOTHING_HERE = 4404

/** How long either side waits for the other's next word before a connection is let in, in milliseconds. */
export const PATIENCE = 5000

/** The messages of a socket one by one, for the time before a protocol takes it over. */
export interface Inbox {
  /** The next message; undefined if the socket has closed or stays silent for `PATIENCE`. One caller at a time. */
  next(): Promise<Message | undefined>
  /** Stops listening. What arrives from now on is for others. */
  leave(): void
}

/** Keeps what arrives between two calls of `next`: a peer may send two messages in one packet. */
export function openInbox(socket: WebSocket): Inbox {
  const waiting: Message[] = []
  let closed = false
  let wake: (() => void) | undefined

  const heard = (data: RawData, binary: boolean): void => {
    waiting.push({ binary, bytes: wholeMessage(data) })
    wake?.()
  }
  const gone = (): void => {
    closed = true
    wake?.()
  }
  socket.on('message', heard)
  socket.on('close', gone)

  return {
    async next() {
      if (waiting.length === 0 && !closed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, PATIENCE)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        wake = undefined
      }
      return waiting.shift()
    },
    leave() {
      socket.off('message', heard)
      socket.off('close', gone)
    },
  }
}

/** A message in one buffer; ws may hand it over in its fragments. */
export function wholeMessage(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
