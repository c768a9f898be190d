import { createCrypto } from '#crypto/crypto.ts'
import { openSlot } from '#core/keyslots/keyslots.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { readKeyslots, slotOfKind } from '#services/keyslot-access.ts'
import { compose } from '#shells/compose.ts'
import { createHome } from '#store/home.ts'

/** Makes a vault whose SoftHSM token has a PIN that only its owner knows, as a hardware token's: it is taken out of the database. Gives the PIN. */
export async function vaultWithUnstoredPin(homePath: string, passphrase: string): Promise<string> {
  const secret = (): Secret => Secret.own(new TextEncoder().encode(passphrase))
  const holdfast = compose({ homePath })
  holdfast.home.acquire()
  const request = { passphrase: secret(), name: 'Lab vault', account: undefined, region: undefined, recovery: false }
  await holdfast.vault.initialise({ via: 'console', source: 'local', agent: 'test', session: undefined }, request)
  await holdfast.close()

  const crypto = createCrypto()
  const home = createHome(homePath)
  home.acquire()
  try {
    const file = readKeyslots(home, crypto)
    const slot = slotOfKind(file, 'passphrase')
    const [key] = (slot && (await openSlot(crypto, file, slot, secret()))) ?? []
    const store = key && home.openStore(key.key)
    if (store === undefined) throw new Error('the passphrase does not open the vault')
    const pin = await store.write(({ members }) => {
      const [row] = members.list()
      const pins = row && members.pins(row.id)
      if (pins?.pin === undefined) throw new Error('the member has no PIN')
      members.put(row!, { ...pins, pin: undefined })
      return Buffer.from(pins.pin).toString('utf8')
    })
    await store.close()
    return pin
  } finally {
    home.release()
  }
}
