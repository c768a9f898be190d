import type { Home } from '#core/ports/home.ts'
import type { Hsm, HsmMember, MemberSession } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { hostProgram } from '#shells/places.ts'
import { createHome } from '#store/home.ts'

/** Runs around each call of a port: `before` it is made, `after` it has resolved (with what an HSM call gave). Real adapters do the work. */
export type Watch = (call: string, when: 'before' | 'after', result?: unknown) => Promise<void> | void

/** The real Home, watched (`home.replaceKeyslots`, `store.write`, `store.rekey`); `opened` is called with each store. */
export function watchedHome(path: string, watch: Watch, opened: (store: Store) => void = () => undefined): Home {
  const home = createHome(path)
  return {
    ...home,
    path: home.path,
    tokenDirectory: home.tokenDirectory,
    replaceKeyslots(bytes) {
      void watch('home.replaceKeyslots', 'before')
      home.replaceKeyslots(bytes)
      void watch('home.replaceKeyslots', 'after')
    },
    openStore(key) {
      const store = home.openStore(key)
      if (store === undefined) return undefined
      opened(store)
      return {
        ...store,
        read: (work) => store.read(work),
        async write(work) {
          await watch('store.write', 'before')
          const result = await store.write(work)
          await watch('store.write', 'after')
          return result
        },
        async rekey(key) {
          await watch('store.rekey', 'before')
          await store.rekey(key)
          await watch('store.rekey', 'after')
        },
        close: () => store.close(),
      }
    },
  }
}

/** The real Hsm, whose sessions are watched (`hsm.generateKey`, …); `opened` is called with each real member. */
export function watchedHsm(watch: Watch, opened: (member: HsmMember) => void = () => undefined, hsm: Hsm = realHsm()): Hsm {
  return {
    modules: () => hsm.modules(),
    tokens: (module) => hsm.tokens(module),
    initialiseToken: (module, request) => hsm.initialiseToken(module, request),
    member(config, owner) {
      const member = hsm.member(config, owner)
      opened(member)
      return {
        config,
        get status() {
          return member.status
        },
        open: () => member.open(),
        logIn: () => member.logIn(),
        close: () => member.close(),
        tryOut: (checks, options) => member.tryOut(checks, options),
        session: watchedSession(member.session, watch),
      }
    },
  }
}

export function realHsm(): Hsm {
  return createHsm({ spawnHost: forkHost(hostProgram()) })
}

function watchedSession(session: MemberSession, watch: Watch): MemberSession {
  return new Proxy(session, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...given: unknown[]): Promise<unknown> => {
        await watch(`hsm.${String(name)}`, 'before')
        const result: unknown = await Reflect.apply(method, target, given)
        await watch(`hsm.${String(name)}`, 'after', result)
        return result
      }
    },
  })
}
