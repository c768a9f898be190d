import { connect as connectStream } from 'node:net'
import { WebSocket } from 'ws'
import type { Api } from '#contract/contract.ts'
import { clientOver, MAX_MESSAGE } from '../transport.ts'
import { isPrivateAddress } from './address.ts'
import { type Inbox, NOT_PROVEN, NOTHING_HERE, openInbox, PATIENCE } from '../inbox.ts'
import { type Owner, readOwnerFile } from './owner-file.ts'
import { matches, newNonce, proof, PROOF_LENGTH } from './proof.ts'

/** A connection to the process that owns the vault, proven on both sides; nobody is signed in on it yet. */
export interface OwnerConnection {
  readonly api: Api
  readonly address: string
  close(): void
}

/** The owner of this home; undefined if none answers and proves itself. `agent` is our name and version, for its audit record. */
export async function connectToOwner(homePath: string, agent: string): Promise<OwnerConnection | undefined> {
  const owner = readOwnerFile(homePath)
  const proven = owner && (await openProven(owner, '/rpc', agent))
  if (owner === undefined || proven === undefined) return undefined
  proven.inbox.leave()
  return {
    api: clientOver(proven.socket),
    address: owner.address,
    close() {
      proven.socket.close(1000)
    },
  }
}

/** A fresh one-time link to the owner's console; `no owner` or `no console` if there is none. */
export async function askForLink(homePath: string, agent: string): Promise<{ readonly link: string } | 'no owner' | 'no console'> {
  const owner = readOwnerFile(homePath)
  const proven = owner && (await openProven(owner, '/link', agent))
  if (proven === undefined) return 'no owner'
  let closeCode: number | undefined
  proven.socket.once('close', (code) => (closeCode = code))
  const message = await proven.inbox.next()
  proven.socket.close(1000)
  if (message !== undefined) return { link: message.bytes.toString('utf8') }
  return closeCode === NOTHING_HERE ? 'no console' : 'no owner'
}

interface Proven {
  readonly socket: WebSocket
  readonly inbox: Inbox
}

/** Connects and does the client's part of the handshake. Undefined if nobody answers at the address, or somebody else does. */
async function openProven(owner: Owner, path: string, agent: string): Promise<Proven | undefined> {
  if (!isPrivateAddress(owner.address)) return undefined
  const socket = new WebSocket(`ws://localhost${path}`, {
    createConnection: () => connectStream(owner.address),
    handshakeTimeout: PATIENCE,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    headers: { 'User-Agent': agent },
  })
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('open', () => {
      resolve(true)
    })
    // Nobody listens, or what listens speaks no WebSocket; after 'open' a failure shows as 'close'.
    socket.on('error', () => {
      resolve(false)
    })
  })
  if (!opened) return undefined

  const inbox = openInbox(socket)
  if (await prove(socket, inbox, owner.secret)) return { socket, inbox }
  socket.close(NOT_PROVEN)
  return undefined
}

/** True once the owner has proven itself, has been shown our proof, and has let us in. */
async function prove(socket: WebSocket, inbox: Inbox, secret: Uint8Array): Promise<boolean> {
  const nonce = newNonce()
  socket.send(nonce)
  const answer = await inbox.next()
  if (answer?.binary !== true || answer.bytes.length !== 2 * PROOF_LENGTH) return false
  const ownersNonce = answer.bytes.subarray(0, PROOF_LENGTH)
  const ownersProof = answer.bytes.subarray(PROOF_LENGTH)
  if (!matches(proof('server', secret, nonce, ownersNonce), ownersProof)) return false

  socket.send(proof('client', secret, nonce, ownersNonce))
  const verdict = await inbox.next()
  return verdict?.binary === false && verdict.bytes.toString('utf8') === 'ok'
}
