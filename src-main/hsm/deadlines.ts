/** Milliseconds that a call of each class may take, from its dispatch to its answer. */
export const defaultDeadlines = {
  /** One operation with a symmetric key, or a few bytes of randomness. */
  symmetric: 10_000,
  /** One operation with a private key: a smart card's RSA takes seconds. */
  privateKey: 30_000,
  /** Whatever changes the token or makes keys, temporary ones too. */
  change: 180_000,
  /** One check of what a token can do, with short keys. */
  trial: 20_000,
  /** Walks over every object of the token. */
  walk: 60_000,
  /** Loading the library and finding tokens: OpenSC takes 5 s for each slot with an unknown card. */
  open: 60_000,
  /** C_Login: some tokens stretch the PIN themselves, or wait after a wrong one. */
  login: 30_000,
} as const

export type DeadlineClass = keyof typeof defaultDeadlines
export type Deadlines = Readonly<Record<DeadlineClass, number>>
