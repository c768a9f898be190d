import { Check, CircleSlash, Clock, Cpu, Minus, ShieldAlert, ShieldCheck, ShieldQuestionMark, TriangleAlert, X, Zap } from 'lucide-vue-next'
import type { Component } from 'vue'
import type { CheckGroup, CheckOutcome, EnforcementBadge, GcmIvMode } from '#core/vocabulary/tokens.ts'

interface OutcomeLook {
  readonly word: string
  readonly icon: Component
  readonly icons: string
  /** Colour of the row's words: what does not work stands back, what is dangerous does not. */
  readonly ink: string
}

const BACK = 'text-fg-3'

export const outcomeLooks = {
  works: { word: 'Works', icon: Check, icons: 'text-ok-text', ink: 'text-fg' },
  refused: { word: 'Refused', icon: X, icons: BACK, ink: BACK },
  wrong: { word: 'Wrong', icon: TriangleAlert, icons: 'text-danger-text', ink: 'text-danger-text' },
  absent: { word: 'Absent', icon: Minus, icons: BACK, ink: BACK },
  crash: { word: 'Crashed', icon: Zap, icons: 'text-danger-text', ink: 'text-danger-text' },
  hang: { word: 'Hung', icon: Clock, icons: 'text-danger-text', ink: 'text-danger-text' },
} as const satisfies Record<CheckOutcome, OutcomeLook>

export const groupNames = {
  keys: 'Keys',
  encryption: 'Encryption',
  mac: 'Message authentication',
  rsa: 'RSA',
  curves: 'Elliptic curves',
  wrapping: 'Wrapping',
  enforcement: 'Enforcement',
} as const satisfies Record<CheckGroup, string>

const OK = 'border-ok-line bg-ok-tint text-ok-text'
const CAUTION = 'border-caution-line bg-caution-tint text-caution-text'
const DANGER = 'border-danger-line bg-danger-tint text-danger-text'
const NEUTRAL = 'border-line-strong bg-inset text-fg-2'

/** How far "not extractable" can be believed. */
export const badgeLooks = {
  hardware: { word: 'Hardware grade', icon: ShieldCheck, box: OK },
  software: { word: 'Software token', icon: Cpu, box: CAUTION },
  'not-enforced': { word: 'Does not enforce', icon: ShieldAlert, box: DANGER },
  unproven: { word: 'Not proven', icon: ShieldQuestionMark, box: NEUTRAL },
} as const satisfies Record<EnforcementBadge, { word: string; icon: Component; box: string }>

export const ivSentences = {
  'host-iv': 'The IV of AES-GCM comes from Holdfast and is random.',
  'token-iv': 'The token makes the IV of AES-GCM itself; Holdfast keeps the one that it used.',
  appended: 'The token makes the IV of AES-GCM itself and appends it to the ciphertext, which Holdfast does not seal with yet.',
} as const satisfies Record<GcmIvMode, string>

/** Steps of the ladder that new keys do not stand on. */
export const ladderMarks = {
  used: { word: 'Used', icon: Check, icons: 'text-ok-text' },
  possible: { word: 'Possible', icon: Check, icons: BACK },
  notOffered: { word: 'Not offered yet', icon: CircleSlash, icons: BACK },
  impossible: { word: 'Not possible', icon: X, icons: BACK },
} as const

/** "0.25 ms", "31 ms". */
export function milliseconds(microseconds: number): string {
  const value = microseconds / 1000
  if (value < 0.01) return '< 0.01 ms'
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
}

/** "0.7 s". */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
