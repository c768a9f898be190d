import type { HsmMember, MemberConfig, MemberOwner, MemberSession, MemberStatus, TokenFacts, TrialOptions } from '#core/ports/hsm.ts'
import type { CheckId } from '#core/tokens/checks.ts'
import type { CheckResults } from '#core/tokens/profile.ts'
import { VaultError, unreachable, type FailureCode } from '#core/vocabulary/failures.ts'
import { Backoff, type BackoffTimes } from './backoff.ts'
import { failureOf, type Consequence } from './failures.ts'
import type { PinEntry } from './host-process.ts'
import type { Hosts, PreparedModule } from './hosts.ts'
import type { HostLink } from './link.ts'
import { operations, type ArgumentsOf, type Call, type OperationName, type ResultOf } from './protocol.ts'
import { RefusedPin } from './refused-pin.ts'
import { createSession } from './session.ts'
import { tryOut, type OpenedHost } from './trying-out.ts'

/** Lets a person type the PIN into the host that is being opened; false if they do not. */
type Ask = (token: TokenFacts) => Promise<boolean>

/** Failures that only a person can mend: nothing is tried again before somebody calls `open`. */
const PERSONAL = new Set<FailureCode>(['PIN_INCORRECT', 'PIN_LOCKED', 'LOGIN_NEEDED'])

/** Milliseconds to wait for the exit of a killed host; one that hangs in the kernel may never come. */
const EXIT_WAIT = 2_000

/**
 * A token with the process that serves it. Calls go straight to the host while the member is ready; else they wait for one opening,
 * which ends with the owner's reconciliation. A host is killed for good: every new one loads, logs in and is reconciled anew.
 */
export class Member implements HsmMember {
  readonly config: MemberConfig
  readonly session: MemberSession
  readonly #owner: MemberOwner
  readonly #hosts: Hosts
  readonly #backoff: Backoff
  readonly #enterPin: PinEntry | undefined
  readonly #refusedPin = new RefusedPin()
  #status: MemberStatus = { state: 'closed' }
  /** Why the member is `down` or `refused`. */
  #failure: VaultError | undefined
  #link: HostLink | undefined
  #opening: Promise<TokenFacts> | undefined
  /** The opening that counts; another one has been overtaken by `close`. */
  #current: object | undefined
  /** Settles when the previous host's process has ended: two of them must not work on one token. */
  #previousExit: Promise<void> = Promise.resolve()
  /** Hosts find their token and log in one after the other: SoftHSM rewrites the token's file at a login, and fails whoever reads it then. */
  #loginTurn: Promise<unknown> = Promise.resolve()
  /** Ends the trials under way. */
  #trials: AbortController | undefined
  /** A person has been told that the next wrong PIN locks the token. */
  #finalTryTold = false

  constructor(config: MemberConfig, owner: MemberOwner, world: { hosts: Hosts; backoff: BackoffTimes; enterPin?: PinEntry | undefined }) {
    this.config = config
    this.#owner = owner
    this.#hosts = world.hosts
    this.#backoff = new Backoff(world.backoff)
    this.#enterPin = world.enterPin
    const gate: Call = (name, ...given) => this.#call(name, given, { repeat: !operations[name].mutates })
    this.session = createSession(gate)
  }

  get status(): MemberStatus {
    return this.#status
  }

  open(): Promise<TokenFacts> {
    if (this.#opening) return this.#opening
    const { token } = this.#status
    return this.#live() !== undefined && token !== undefined ? Promise.resolve(token) : this.#start()
  }

  logIn(): Promise<TokenFacts> {
    if (this.#opening) return this.#opening
    const { token } = this.#status
    return this.#live() !== undefined && token !== undefined ? Promise.resolve(token) : this.#start(this.#enterPin)
  }

  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    this.#opening = undefined
    this.#current = undefined
    this.#finalTryTold = false
    this.#backoff.succeeded()
    this.#trials?.abort()
    if (this.#status.state !== 'closed') this.#set({ state: 'closed' })
    if (link) {
      link.end('closed', 'it was closed')
      this.#previousExit = link.exited
    }
    await this.#previousHost()
  }

  async tryOut(checks: readonly CheckId[], options: TrialOptions = {}): Promise<{ facts: TokenFacts; results: CheckResults }> {
    if (this.#trials) throw this.#unavailable('it is being tried out already')
    const trials = (this.#trials = new AbortController())
    const cancel = () => { trials.abort() }
    options.signal?.addEventListener('abort', cancel, { once: true })
    if (options.signal?.aborted === true) cancel()
    try {
      return await tryOut({ member: this.config.name, open: () => this.#openTrialHost() }, checks, { signal: trials.signal, trying: options.trying })
    } finally {
      options.signal?.removeEventListener('abort', cancel)
      this.#trials = undefined
    }
  }

  #call<Name extends OperationName>(name: Name, given: ArgumentsOf<Name>, how: { repeat: boolean }): Promise<ResultOf<Name>> {
    const live = this.#live()
    if (live) return this.#callOn(live, name, given, how)
    return this.#opened().then((link) => this.#callOn(link, name, given, how))
  }

  async #callOn<Name extends OperationName>(
    link: HostLink, name: Name, given: ArgumentsOf<Name>, how: { repeat: boolean },
  ): Promise<ResultOf<Name>> {
    try {
      return await link.call(name, given)
    } catch (thrown) {
      const { error, consequence } = failureOf(thrown, this.config.name)
      this.#suffer(link, error, consequence)
      if (consequence !== 'again' || !how.repeat) throw error
      return this.#call(name, given, { repeat: false })
    }
  }

  /** The host that answers calls now, if there is one. Its end is noticed here at the latest, before any caller hears of it. */
  #live(): HostLink | undefined {
    if (this.#status.state !== 'ready') return undefined
    if (this.#link?.gone === undefined) return this.#link
    this.#lose(this.#link, failureOf(this.#link.gone, this.config.name).error)
    return undefined
  }

  /** A live host for a call: what a member that is `down` must do first. Throws the member's failure. */
  async #opened(): Promise<HostLink> {
    switch (this.#status.state) {
      case 'closed':
        throw this.#unavailable('it is not open')
      case 'refused':
        throw this.#failure ?? unreachable('refused without a failure')
      case 'down':
        if (this.#backoff.waiting && this.#failure) throw this.#failure
        await this.#start()
        break
      case 'opening':
        await this.#opening
        break
      case 'ready':
        break
    }
    return this.#live() ?? Promise.reject(this.#failure ?? this.#unavailable('its process ended at once'))
  }

  /** `enterPin` only where a person has asked for it: a respawn must not call for anybody. */
  #start(enterPin?: PinEntry): Promise<TokenFacts> {
    this.#set({ state: 'opening', token: this.#status.token })
    const opening = this.#openHost(enterPin).finally(() => {
      if (this.#opening === opening) this.#opening = undefined
    })
    this.#opening = opening
    return opening
  }

  async #openHost(enterPin: PinEntry | undefined): Promise<TokenFacts> {
    let link: HostLink | undefined
    const mine = (this.#current = {})
    const overtaken = () => this.#current !== mine
    try {
      await this.#previousHost()
      const module = await this.#hosts.prepare(this.config.module)
      if (overtaken()) throw this.#unavailable('it was closed')
      const started = (link = this.#link = this.#hosts.start(module))
      const direct = this.#directly(started)
      const facts = await this.#inLoginTurn(() =>
        this.#enter(direct, module, (found) => {
          this.#mustLive(started)
          this.#set({ state: 'opening', token: found })
        }, enterPin && ((token) => enterPin({ host: started.host, member: this.config.name, token, gone: started.ended }))),
      )
      await this.#owner.reconcile(createSession(direct))
      this.#mustLive(link)
      this.#ready(link, facts)
      return facts
    } catch (error) {
      link?.end('closed', 'it could not be opened')
      if (!overtaken()) {
        this.#backoff.failed()
        this.#lose(link, error instanceof VaultError ? (error) : this.#unavailable('its keys could not be reconciled'))
      }
      throw error
    }
  }

  /** Loads the library, finds the token, logs in. */
  async #enter(call: Call, module: PreparedModule, found: (facts: TokenFacts) => void, ask?: Ask): Promise<TokenFacts> {
    await call('load', module.library, module.parameters)
    const { facts, loginRequired } = await call('open', this.config.serial)
    found(facts)
    if (loginRequired) await this.#login(call, facts, ask)
    return facts
  }

  /** A host for trials: entered like the member's own, but nobody else's, and never reconciled: it changes nothing. */
  async #openTrialHost(): Promise<OpenedHost> {
    const module = await this.#hosts.prepare(this.config.module)
    const link = this.#hosts.start(module)
    try {
      const facts = await this.#inLoginTurn(() => this.#enter(this.#directly(link), module, () => undefined))
      return { link, facts }
    } catch (error) {
      link.end('closed', 'it could not be opened')
      throw error
    }
  }

  #inLoginTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#loginTurn.then(work)
    this.#loginTurn = result.catch(() => undefined)
    return result
  }

  async #login(call: Call, facts: TokenFacts, ask: Ask | undefined): Promise<void> {
    const member = this.config.name
    if (facts.pin.locked) throw new VaultError('PIN_LOCKED', { member })
    using pin = this.#owner.pin()
    if (pin === undefined) {
      // Who types it is shown what the token says of its tries.
      if (ask === undefined || !(await ask(facts))) throw new VaultError('LOGIN_NEEDED', { member })
      await call('loginTyped')
      return
    }
    if (this.#refusedPin.is(pin.bytes)) throw new VaultError('PIN_INCORRECT', { member })
    // The last try belongs to a person who has been shown that it is the last (status.token.pin): the first opening that
    // meets it stops here, the one that the person then asks for goes on.
    if (facts.pin.finalTry && !this.#finalTryTold) {
      this.#finalTryTold = true
      throw new VaultError('LOGIN_NEEDED', { member })
    }
    try {
      await call('login', pin.bytes)
      this.#finalTryTold = false
    } catch (error) {
      if (error instanceof VaultError && error.code === 'PIN_INCORRECT') this.#refusedPin.remember(pin.bytes)
      throw error
    }
  }

  /** Calls on a host that is not let through to others yet. */
  #directly(link: HostLink): Call {
    return (name, ...given) => link.call(name, given).catch((thrown: unknown) => { throw failureOf(thrown, this.config.name).error })
  }

  #ready(link: HostLink, token: TokenFacts): void {
    this.#backoff.succeeded()
    this.#failure = undefined
    this.#set({ state: 'ready', token })
    void link.ended.then((gone) => { this.#lose(link, failureOf(gone, this.config.name).error) })
  }

  /** Throws if the host of an opening has ended meanwhile, by itself or by `close`. */
  #mustLive(link: HostLink): void {
    if (link.gone) throw failureOf(link.gone, this.config.name).error
  }

  /** What a call's failure does to the member, if it still has the host that the call was made on. */
  #suffer(link: HostLink, failure: VaultError, consequence: Consequence): void {
    if (consequence === 'stays') return
    link.end('replaced', `it was restarted after ${failure.code}`)
    this.#lose(link, failure)
  }

  #lose(link: HostLink | undefined, failure: VaultError): void {
    if (this.#link !== link) return
    this.#link = undefined
    if (link) this.#previousExit = link.exited
    this.#failure = failure
    const { code, message: text } = failure
    this.#set({ state: PERSONAL.has(code) ? 'refused' : 'down', failure: { code, text }, token: this.#status.token })
  }

  async #previousHost(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => { timer = setTimeout(resolve, EXIT_WAIT) })
    await Promise.race([this.#previousExit, enough])
    clearTimeout(timer)
  }

  #unavailable(reason: string): VaultError {
    return new VaultError('HSM_UNAVAILABLE', { member: this.config.name, reason })
  }

  #set(status: MemberStatus): void {
    this.#status = status
    this.#owner.changed(status)
  }
}
