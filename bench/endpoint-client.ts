// The other side of the endpoint's benchmark, in a process of its own: sends one signed request again and again over TLS or TCP, as many at
// once as there are callers, and does as little else as it can. Order and result travel over the process channel.

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Order {
  readonly port: number
  /** PEM; undefined for plain HTTP. */
  readonly ca: string | undefined
  /** The whole request, HTTP/1.1. */
  readonly request: string
  readonly callers: number
  readonly seconds: number
}

export interface Result {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const DONE = Buffer.from('HTTP/1.1 200 ')

async function load(order: Order): Promise<Result> {
  const sockets = await Promise.all(Array.from({ length: order.callers }, () => connected(order)))
  const request = Buffer.from(order.request, 'latin1')
  const times: number[] = []
  const started = performance.now()
  const end = started + order.seconds * 1_000
  await Promise.all(sockets.map((socket) => caller(socket, request, end, times)))
  const seconds = (performance.now() - started) / 1_000
  for (const socket of sockets) socket.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) }
}

function connected({ port, ca }: Order): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = ca === undefined ? connectTcp(port, '127.0.0.1') : connectTls({ host: '127.0.0.1', port, ca })
    socket.setNoDelay(true)
    socket.once('error', reject)
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => { resolve(socket) })
  })
}

/** One request after the other until the time is over. An answer that is no success ends the benchmark. */
function caller(socket: Socket, request: Buffer, end: number, times: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0
    let received: Buffer = Buffer.alloc(0)
    const send = (): void => {
      sent = performance.now()
      socket.write(request)
    }
    socket.on('data', (part: Buffer) => {
      received = received.length === 0 ? part : Buffer.concat([received, part])
      const length = wholeLength(received)
      if (length === undefined || received.length < length) return
      const now = performance.now()
      times.push(now - sent)
      if (!received.subarray(0, DONE.length).equals(DONE)) reject(new Error(received.toString('latin1')))
      received = Buffer.alloc(0)
      if (now >= end) resolve()
      else send()
    })
    socket.once('close', () => { reject(new Error('the endpoint closed the connection')) })
    send()
  })
}

function wholeLength(received: Buffer): number | undefined {
  const head = received.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const [, length = '0'] = /Content-Length: (\d+)/.exec(received.subarray(0, head).toString('latin1')) ?? []
  return head + 4 + Number(length)
}

process.once('message', (order: Order) => {
  load(order).then(
    (result) => {
      process.send?.(result)
      process.disconnect()
    },
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
