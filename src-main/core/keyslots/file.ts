import type { Argon2Parameters, Crypto } from '../ports/crypto.ts'
import { fromBase64, toBase64, toHex, utf8 } from '../vocabulary/bytes.ts'
import { canonicalJson, parseCanonicalJson, type Json } from '../vocabulary/canonical.ts'
import { VaultError } from '../vocabulary/failures.ts'
import { asVaultId } from '../vocabulary/ids.ts'
import type { Keyslot, Keyslots, SealedDatabaseKey, SlotKind } from './keyslot.ts'
import { areArgon2ParametersSane, MAX_FILE_BYTES, MAX_GENERATION, MAX_SLOTS } from './limits.ts'
import { damaged } from './sealing.ts'

// The bytes of keyslots.json: docs/spec/keyslots-v1.md. Released formats are frozen: a format 2 gets a file of its own.

const FORMAT = 1
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const PRINCIPAL = /^arn:[!-~]{1,508}$/
const KINDS = ['passphrase', 'recovery'] as const satisfies readonly SlotKind[]

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type JsonObject = { readonly [name: string]: Json }

/** The file's bytes: `encodeKeyslots(parseKeyslots(b))` equals b. */
export function encodeKeyslots(crypto: Crypto, file: Keyslots): Uint8Array<ArrayBuffer> {
  const body = { format: FORMAT, slots: file.slots.map(writeSlot), vault: file.vaultId }
  return utf8(`${canonicalJson({ ...body, checksum: checksum(crypto, body) })}\n`)
}

/**
 * Throws VAULT_DAMAGED for everything that this program did not write, VAULT_TOO_NEW for an intact file of a later format.
 * The checksum tells accidental damage from a wrong passphrase; it protects against no attacker.
 */
export function parseKeyslots(crypto: Crypto, bytes: Uint8Array): Keyslots {
  if (bytes.length > MAX_FILE_BYTES) throw damaged('it is too long')
  const text = decode(bytes)
  if (!text?.endsWith('\n')) throw damaged('it is cut or is no text')
  const whole = parseCanonicalJson(text.slice(0, -1))
  if (!isObject(whole)) throw damaged('it is no canonical JSON object')
  const { checksum: stored, ...body } = whole
  if (stored !== checksum(crypto, body)) throw damaged('its checksum does not match')
  const { format } = body
  if (!isCount(format, Number.MAX_SAFE_INTEGER)) throw damaged('it has no format')
  if (format > FORMAT) throw new VaultError('VAULT_TOO_NEW', { file: 'keyslots.json', version: format })
  return readBody(body)
}

function readBody(body: JsonObject): Keyslots {
  const { vault, slots } = members(body, ['format', 'slots', 'vault'])
  const vaultId = typeof vault === 'string' ? asVaultId(vault) : undefined
  if (!vaultId) throw damaged('its vault id is none')
  if (!isList(slots) || slots.length === 0 || slots.length > MAX_SLOTS) throw damaged('it has no slots, or too many')
  const read = slots.map(readSlot)
  if (new Set(read.map((slot) => slot.id)).size < read.length) throw damaged('two slots have one id')
  if (new Set(read.map((slot) => `${slot.kind} ${slot.principal}`)).size < read.length) throw damaged('a principal has two slots of one kind')
  if (new Set(read.map(generationList)).size > 1) throw damaged('its slots hold different generations')
  return { vaultId, slots: read }
}

const SLOT_MEMBERS = ['argon2id', 'databaseKeys', 'id', 'kind', 'principal', 'privateKey', 'publicKey', 'salt'] as const

function writeSlot(slot: Keyslot): JsonObject {
  const { memoryKiB, passes, lanes } = slot.argon2
  return {
    argon2id: { memoryKiB, passes, lanes },
    databaseKeys: slot.databaseKeys.map(({ generation, ephemeralKey, sealed }) => {
      return { generation, ephemeralKey: toBase64(ephemeralKey), sealed: toBase64(sealed) }
    }),
    id: slot.id,
    kind: slot.kind,
    principal: slot.principal,
    privateKey: { iv: toBase64(slot.privateKey.iv), sealed: toBase64(slot.privateKey.sealed) },
    publicKey: toBase64(slot.publicKey),
    salt: toBase64(slot.salt),
  }
}

function readSlot(value: Json): Keyslot {
  const { argon2id, databaseKeys, id, kind, principal, privateKey, publicKey, salt } = members(value, SLOT_MEMBERS)
  if (typeof id !== 'string' || !UUID.test(id)) throw damaged('a slot id is none')
  if (typeof principal !== 'string' || !PRINCIPAL.test(principal)) throw damaged('a principal is no ARN')
  const known = KINDS.find((each) => each === kind)
  if (!known) throw damaged('a slot is of an unknown kind')
  const { iv, sealed } = members(privateKey, ['iv', 'sealed'])
  return {
    id,
    principal,
    kind: known,
    argon2: readArgon2(argon2id),
    salt: readBytes(salt, 16),
    publicKey: readBytes(publicKey, 32),
    privateKey: { iv: readBytes(iv, 12), sealed: readBytes(sealed, 48) },
    databaseKeys: readDatabaseKeys(databaseKeys),
  }
}

function readArgon2(value: Json | undefined): Argon2Parameters {
  const { memoryKiB, passes, lanes } = members(value, ['lanes', 'memoryKiB', 'passes'])
  const parameters = { memoryKiB: Number(memoryKiB), passes: Number(passes), lanes: Number(lanes) }
  const areNumbers = [memoryKiB, passes, lanes].every((each) => typeof each === 'number')
  if (!areNumbers || !areArgon2ParametersSane(parameters)) throw damaged('Argon2id parameters are outside the limits')
  return parameters
}

function readDatabaseKeys(value: Json | undefined): SealedDatabaseKey[] {
  if (!isList(value) || value.length === 0 || value.length > 2) throw damaged('a slot holds no database key, or too many')
  const keys = value.map((each) => {
    const { generation, ephemeralKey, sealed } = members(each, ['ephemeralKey', 'generation', 'sealed'])
    if (!isCount(generation, MAX_GENERATION)) throw damaged('a generation is no number from 1 on')
    return { generation, ephemeralKey: readBytes(ephemeralKey, 32), sealed: readBytes(sealed, 48) }
  })
  const [newer, older] = keys
  if (newer && older && newer.generation <= older.generation) throw damaged('its generations are not newest first')
  return keys
}

/** Exactly the named members, no more and no fewer. */
function members<Name extends string>(value: Json | undefined, names: readonly Name[]): Record<Name, Json | undefined> {
  const fits = isObject(value) && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name))
  if (!fits) throw damaged('it does not have the members of format 1')
  return value as Record<Name, Json>
}

function readBytes(value: Json | undefined, length: number): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined
  if (bytes?.length !== length) throw damaged('a member is no base64 of its length')
  return bytes
}

function generationList(slot: Keyslot): string {
  return slot.databaseKeys.map((key) => key.generation).join()
}

function checksum(crypto: Crypto, body: JsonObject): string {
  return toHex(crypto.sha256(utf8(canonicalJson(body))))
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    // TextDecoder with `fatal` says TypeError for bytes that are not UTF-8 (WHATWG Encoding).
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isCount(value: Json | undefined, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most
}
