import koffi from 'koffi'
import type { Provider } from './cipher.ts'

// OpenSSL 3's libcrypto by the addresses of its functions. Never in a process that has loaded a PKCS#11 module: SoftHSM binds the same
// library to the OpenSSL inside Node, and a call of ours would then crash the process (docs/adr/0020-file-engine.md).

/** By the loader's own search on Linux; elsewhere only from where the package managers put it. */
const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libcrypto.so.3'],
  darwin: ['/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib', '/usr/local/opt/openssl@3/lib/libcrypto.3.dylib'],
}

// openssl/evp.h
const GET_TAG = 0x10
const SET_TAG = 0x11
const TAG_BYTES = 16
const FETCHES: Readonly<Record<number, string>> = { 16: 'EVP_aes_128_gcm', 24: 'EVP_aes_192_gcm', 32: 'EVP_aes_256_gcm' }

type Call = (...args: unknown[]) => number
type Pointer = object

/** Undefined where there is no libcrypto of OpenSSL 3. */
export function findLibcrypto(): Provider | undefined {
  const library = load(LIBRARIES[process.platform] ?? [])
  if (library === undefined) return undefined
  const init = 'void *ctx, void *type, void *engine, const uint8_t *key, const uint8_t *iv'
  const update = 'void *ctx, uint8_t *out, int *outl, const uint8_t *in, int inl'
  const functions = {
    make: library.func('void *EVP_CIPHER_CTX_new()') as () => Pointer | null,
    free: library.func('void EVP_CIPHER_CTX_free(void *ctx)') as (context: Pointer) => void,
    control: library.func('int EVP_CIPHER_CTX_ctrl(void *ctx, int type, int arg, void *ptr)') as Call,
    encryptInit: library.func(`int EVP_EncryptInit_ex(${init})`) as Call,
    encryptUpdate: library.func(`int EVP_EncryptUpdate(${update})`) as Call,
    encryptFinal: library.func('int EVP_EncryptFinal_ex(void *ctx, uint8_t *out, int *outl)') as Call,
    decryptInit: library.func(`int EVP_DecryptInit_ex(${init})`) as Call,
    decryptUpdate: library.func(`int EVP_DecryptUpdate(${update})`) as Call,
    decryptFinal: library.func('int EVP_DecryptFinal_ex(void *ctx, uint8_t *out, int *outl)') as Call,
  }
  const types = Object.fromEntries(Object.entries(FETCHES).map(([length, name]) => [length, (library.func(`const void *${name}()`) as () => Pointer)()]))
  // Reused in every call, so that none allocates.
  const length = new Int32Array(1)
  const rest = Buffer.alloc(TAG_BYTES)

  function make(): Pointer {
    return functions.make() ?? failed()
  }

  return {
    name: 'libcrypto',

    open(key) {
      const type = types[key.length]
      const [sealing, opening] = [make(), make()]
      must(functions.encryptInit(sealing, type, null, key, null))
      must(functions.decryptInit(opening, type, null, key, null))
      return {
        seal(iv, aad, plaintext, ciphertext, tag) {
          must(functions.encryptInit(sealing, null, null, null, iv))
          must(functions.encryptUpdate(sealing, null, length, aad, aad.length))
          if (plaintext.length > 0) must(functions.encryptUpdate(sealing, ciphertext, length, plaintext, plaintext.length))
          must(functions.encryptFinal(sealing, rest, length))
          must(functions.control(sealing, GET_TAG, TAG_BYTES, tag))
        },

        open(iv, aad, ciphertext, tag, plaintext) {
          must(functions.decryptInit(opening, null, null, null, iv))
          must(functions.decryptUpdate(opening, null, length, aad, aad.length))
          if (ciphertext.length > 0) must(functions.decryptUpdate(opening, plaintext, length, ciphertext, ciphertext.length))
          must(functions.control(opening, SET_TAG, TAG_BYTES, tag))
          if (functions.decryptFinal(opening, rest, length) === 1) return true
          plaintext.fill(0)
          return false
        },

        // Freeing a context cleanses its key schedule.
        close() {
          functions.free(sealing)
          functions.free(opening)
        },
      }
    },
  }
}

function load(names: readonly string[]): ReturnType<typeof koffi.load> | undefined {
  for (const name of names) {
    try {
      // Bound to itself: Node exports OpenSSL functions of its own by the same names.
      return koffi.load(name, { deep: true })
    } catch {
      // Not there, or for another processor: the next may be.
    }
  }
  return undefined
}

function must(result: number): void {
  if (result !== 1) failed()
}

function failed(): never {
  throw new Error('libcrypto refused a call')
}
