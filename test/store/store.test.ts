import { expect } from 'vitest'
import { createHome } from '#store/home.ts'
import { storeConformance } from './conformance.ts'
import { keyslotBytes, temporaryFolder } from './home-folder.ts'

storeConformance('SQLCipher', (key) => {
  const folder = temporaryFolder()
  const home = createHome(folder.path)
  expect(home.acquire()).toBe(true)
  const staged = home.stage()
  const store = staged.createStore(key)
  let current = store
  let committed = false
  return {
    store,
    async reopen(other = key) {
      await current.close()
      if (!committed) staged.commit(keyslotBytes)
      committed = true
      const opened = home.openStore(other)
      if (opened) current = opened
      return opened
    },
    async dispose() {
      await current.close()
      home.release()
      folder.remove()
    },
  }
})
