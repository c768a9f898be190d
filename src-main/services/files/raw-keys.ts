import { contextMap, contextPairs, encodeContext, type ContextPairs } from '#core/messages/context.ts'
import type { EncryptedDataKey } from '#core/messages/header.ts'
import { IV_LENGTH, KMS_PROVIDER, TAG_LENGTH } from '#core/messages/suite.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Files } from '#core/ports/files.ts'
import { compareBytes, fromBase64, fromHex, u32, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** A key that is in no HSM: the AWS Encryption SDK's raw AES and raw RSA keyrings. Wiped when its job ends. */
export interface RawKey extends Disposable {
  /** What a person is told it was. */
  readonly name: string
  /** What the data key may be, in the order in which to try; nothing if it is not under this key. The caller wipes them. */
  unwrap(key: EncryptedDataKey, context: ContextPairs): Secret[]
}

const LONGEST = 65_536

/**
 * A key out of a file: an RSA private key in PEM, or `{ "namespace", "name", "key" }` in JSON for AES, its 16, 24 or 32 bytes in hex or
 * base64. Throws MALFORMED, FILE_UNREADABLE.
 */
export async function readRawKey({ files, crypto }: { files: Files; crypto: Crypto }, path: string): Promise<RawKey> {
  const bytes = await readSmall(files, path)
  const text = Secret.own(bytes)
  if (bytes[0] !== 0x7b) return rsaKey(crypto, text)
  using _text = text
  return aesKey(crypto, new TextDecoder().decode(bytes))
}

/** A short file in memory. The caller wipes it. Throws FILE_UNREADABLE. */
export async function readSmall(files: Pick<Files, 'open'>, path: string): Promise<Uint8Array> {
  const source = await files.open(path)
  try {
    if (source.size > LONGEST) throw new VaultError('FILE_UNREADABLE', { file: path, reason: 'it is too long for a key' })
    const bytes = new Uint8Array(source.size)
    await source.read(bytes, 0)
    return bytes
  } finally {
    await source.close()
  }
}

function rsaKey(crypto: Crypto, pem: Secret): RawKey {
  return {
    name: 'raw RSA key',
    unwrap: ({ provider, ciphertext }) => (provider === KMS_PROVIDER ? [] : crypto.messages.rsaUnwrap(pem.bytes, ciphertext).map((each) => Secret.own(each))),
    [Symbol.dispose]() {
      pem.wipe()
    },
  }
}

function aesKey(crypto: Crypto, json: string): RawKey {
  const { namespace, name, key } = parseAesKey(json)
  // Key name, the tag's length in bits, the IV's length, the IV.
  const front = [...utf8(name), ...u32(TAG_LENGTH * 8), ...u32(IV_LENGTH)]
  return {
    name: `raw AES key ${namespace}/${name}`,
    unwrap({ provider, info, ciphertext }, context) {
      if (provider !== namespace || info.length !== front.length + IV_LENGTH || compareBytes(info.subarray(0, front.length), Uint8Array.from(front)) !== 0) return []
      const end = ciphertext.length - TAG_LENGTH
      if (end < 0) return []
      for (const pairs of ordersOf(context)) {
        const opened = crypto.aesGcm(key.bytes).open(info.subarray(front.length), ciphertext.subarray(0, end), ciphertext.subarray(end), encodeContext(pairs))
        if (opened !== undefined) return [Secret.own(opened)]
      }
      return []
    },
    [Symbol.dispose]() {
      key.wipe()
    },
  }
}

/**
 * The orders in which a raw AES keyring may have bound the context: by the keys' bytes, as the specification has it; and by locale, as the
 * Encryption SDK for JavaScript has it unless told otherwise (`utf8Sorting`).
 */
function ordersOf(context: ContextPairs): ContextPairs[] {
  return [contextPairs({ ...contextMap(context) }), [...context].sort(([a], [b]) => a.localeCompare(b))]
}

function parseAesKey(json: string): { namespace: string; name: string; key: Secret } {
  const { namespace, name, key } = parseObject(json)
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof key !== 'string' || namespace === KMS_PROVIDER) throw noKey()
  const bytes = fromHex(key.toLowerCase()) ?? fromBase64(key)
  if (bytes === undefined || ![16, 24, 32].includes(bytes.length)) throw noKey()
  return { namespace, name, key: Secret.own(bytes) }
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // No JSON. What it says of the text is not told: it may be a key.
  }
  throw noKey()
}

function noKey(): VaultError {
  return new VaultError('MALFORMED', { what: 'a key file: an RSA private key in PEM, or {"namespace", "name", "key"} for AES' })
}
