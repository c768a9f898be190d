// PKCS#11 attributes in words. Source: PKCS#11 v2.40, sections 4.4 to 4.10 and the header's constants.

/** The value of an attribute as a person reads it; undefined where its bytes say it best. */
export function attributeWords(name: string, value: Uint8Array): string | undefined {
  if (name === 'CKA_LABEL') return decoder.decode(value)
  const names = numbers[name]
  if (names !== undefined) {
    const number = readUlong(value)
    return number === undefined ? 'not available' : (names[number] ?? String(number))
  }
  if (bytes.has(name)) return undefined
  return value.length === 1 ? (value[0] === 0 ? 'false' : 'true') : undefined
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
const bytes = new Set(['CKA_ID', 'CKA_MODULUS', 'CKA_PUBLIC_EXPONENT', 'CKA_EC_PARAMS', 'CKA_EC_POINT', 'CKA_SUBJECT', 'CKA_ALLOWED_MECHANISMS'])

const numbers: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  CKA_CLASS: { 2: 'CKO_PUBLIC_KEY', 3: 'CKO_PRIVATE_KEY', 4: 'CKO_SECRET_KEY' },
  CKA_KEY_TYPE: { 0x0: 'CKK_RSA', 0x3: 'CKK_EC', 0x10: 'CKK_GENERIC_SECRET', 0x1f: 'CKK_AES', 0x40: 'CKK_EC_EDWARDS' },
  CKA_KEY_GEN_MECHANISM: {
    0x0: 'CKM_RSA_PKCS_KEY_PAIR_GEN', 0x350: 'CKM_GENERIC_SECRET_KEY_GEN', 0x1040: 'CKM_EC_KEY_PAIR_GEN', 0x1055: 'CKM_EC_EDWARDS_KEY_PAIR_GEN', 0x1080: 'CKM_AES_KEY_GEN',
  },
  CKA_VALUE_LEN: {},
  CKA_MODULUS_BITS: {},
}

/** A CK_ULONG as the hosts' machines write it: little-endian, 4 or 8 bytes. Undefined for CK_UNAVAILABLE_INFORMATION. */
function readUlong(value: Uint8Array): number | undefined {
  if (value.length !== 4 && value.length !== 8) return undefined
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const number = value.length === 4 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true)
  return number <= BigInt(Number.MAX_SAFE_INTEGER) && number !== 0xffffffffn ? Number(number) : undefined
}
