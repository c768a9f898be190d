import { fromBase64, concat, toBase64, toHex, utf8 } from '../vocabulary/bytes.ts'
import { ecdsaNumbers, publicKeyBytes } from '../keys/public-keys.ts'
import type { Crypto } from '../ports/crypto.ts'

// Signed notes (c2sp.org/signed-note): a text, an empty line, signature lines of `— NAME BASE64(key id || signature)`.

/** How a key signs notes. Ed25519 (0x01) and ECDSA (0x02) are C2SP's; RSA has no byte there, so its name stands behind 0xff. */
export type NoteAlgorithm = 'ed25519' | 'ecdsa-p256' | 'rsa-pss-2048'

/** A key that notes are verified with. */
export interface NoteKey {
  /** Without spaces and `+`. */
  readonly name: string
  readonly algorithm: NoteAlgorithm
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
}

export interface NoteSignature {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

export interface SignedNote {
  /** With its last newline: what is signed. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const types = {
  'ed25519': Uint8Array.of(1),
  'ecdsa-p256': Uint8Array.of(2),
  'rsa-pss-2048': concat(Uint8Array.of(0xff), utf8('holdfast/rsassa-pss-sha256/v1')),
} as const satisfies Record<NoteAlgorithm, Uint8Array>

const MOST_SIGNATURES = 16
const LONGEST_NOTE = 100_000
const LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/

/** The note with one more signature. */
export function signedNote(crypto: Crypto, text: string, key: NoteKey, signature: Uint8Array): string {
  return `${text}\n— ${key.name} ${toBase64(concat(keyId(crypto, key), signature))}\n`
}

/** Undefined for everything that is not a signed note in its one form. */
export function parseNote(note: string): SignedNote | undefined {
  if (note.length > LONGEST_NOTE || !note.isWellFormed() || hasControls(note)) return undefined
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) return undefined
  const signatures = note.slice(split + 2, -1).split('\n').map(signatureOf)
  if (signatures.length > MOST_SIGNATURES || !signatures.every((each) => each !== undefined)) return undefined
  return { text: note.slice(0, split + 1), signatures }
}

/** Whether this key has signed the note. A signature of the key that does not hold spoils the note, whatever else it has. */
export function verifyNote(crypto: Crypto, note: SignedNote, key: NoteKey): boolean {
  const id = keyId(crypto, key)
  const own = note.signatures.filter((each) => each.name === key.name && toHex(each.keyId) === toHex(id))
  return own.length > 0 && own.every(({ signature }) => signatureHolds(crypto, key, note.text, signature))
}

/** The key's text form, as Go's sumdb/note writes it: NAME+HEX(key id)+BASE64(type || public key). */
export function verifierKey(crypto: Crypto, key: NoteKey): string {
  return `${key.name}+${toHex(keyId(crypto, key))}+${toBase64(concat(types[key.algorithm], encoded(key)))}`
}

function signatureHolds({ publicKeys }: Crypto, { algorithm, publicKey }: NoteKey, text: string, signature: Uint8Array): boolean {
  const message = utf8(text)
  switch (algorithm) {
    case 'ed25519':
      return publicKeys.ed25519Verify(publicKey, message, signature)
    case 'ecdsa-p256':
      return ecdsaNumbers(signature, 32) !== undefined && publicKeys.ecdsaVerify('p256', publicKey, publicKeys.hash('sha256', message), signature)
    case 'rsa-pss-2048':
      return publicKeys.rsaVerify('pss', 'sha256', publicKey, publicKeys.hash('sha256', message), signature)
  }
}

/** SHA-256(name || newline || type || key), of which 4 bytes; of an ECDSA key SHA-256 of its SubjectPublicKeyInfo. */
export function keyId(crypto: Crypto, key: NoteKey): Uint8Array {
  const whole = key.algorithm === 'ecdsa-p256' ? key.publicKey : concat(utf8(`${key.name}\n`), types[key.algorithm], encoded(key))
  return crypto.sha256(whole).subarray(0, 4)
}

/** An Ed25519 key by its 32 bytes, the others by their SubjectPublicKeyInfo. */
function encoded({ algorithm, publicKey }: NoteKey): Uint8Array {
  return (algorithm === 'ed25519' ? publicKeyBytes('ed25519', publicKey) : undefined) ?? publicKey
}

function signatureOf(line: string): NoteSignature | undefined {
  const [, name, base64] = LINE.exec(line) ?? []
  const bytes = base64 === undefined ? undefined : fromBase64(base64)
  if (name === undefined || bytes === undefined || bytes.length <= 4) return undefined
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) }
}

/** Those below U+0020, but for the newline. */
function hasControls(note: string): boolean {
  for (let i = 0; i < note.length; i++) if (note.charCodeAt(i) < 0x20 && note.charCodeAt(i) !== 0x0a) return true
  return false
}
