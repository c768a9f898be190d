/** Shapes, drawn in StateShape. */
export type Shape = 'disc' | 'ring' | 'triangle' | 'triangle-hollow' | 'diamond' | 'square' | 'cross'

interface StateLook {
  readonly word: string
  readonly shape: Shape
  /** Colour of the shape. */
  readonly solid: string
  /** Colour of the word in a table. */
  readonly inTable: string
  /** Colours of the boxed form. */
  readonly box: string
}

const OK = 'border-ok-line bg-ok-tint text-ok-text'
const CAUTION = 'border-caution-line bg-caution-tint text-caution-text'
const DANGER = 'border-danger-line bg-danger-tint text-danger-text'
const INFO = 'border-info-line bg-info-tint text-info-text'
const NEUTRAL = 'border-line-strong bg-inset text-fg-2'

/** How states look: those of keys (AWS KMS KeyState), of HSM members and of tokens. */
export const stateLooks = {
  Enabled: { word: 'Enabled', shape: 'disc', solid: 'text-ok', inTable: 'text-fg', box: OK },
  Disabled: { word: 'Disabled', shape: 'ring', solid: 'text-fg-3', inTable: 'text-fg-2', box: NEUTRAL },
  PendingDeletion: { word: 'Pending deletion', shape: 'triangle', solid: 'text-danger-text', inTable: 'font-name text-danger-text', box: DANGER },
  PendingReplicaDeletion: { word: 'Pending replica deletion', shape: 'triangle-hollow', solid: 'text-danger-text', inTable: 'font-name text-danger-text', box: DANGER },
  PendingImport: { word: 'Pending import', shape: 'diamond', solid: 'text-info', inTable: 'text-fg', box: INFO },
  Unavailable: { word: 'Unavailable', shape: 'cross', solid: 'text-caution-text', inTable: 'font-name text-caution-text', box: CAUTION },
  ready: { word: 'Ready', shape: 'disc', solid: 'text-ok', inTable: 'text-fg', box: OK },
  opening: { word: 'Opening', shape: 'ring', solid: 'text-info', inTable: 'text-fg-2', box: INFO },
  closed: { word: 'Closed', shape: 'ring', solid: 'text-fg-3', inTable: 'text-fg-2', box: NEUTRAL },
  down: { word: 'Down', shape: 'cross', solid: 'text-caution-text', inTable: 'font-name text-caution-text', box: CAUTION },
  software: { word: 'Software token', shape: 'square', solid: 'text-caution-text', inTable: 'text-caution-text', box: CAUTION },
  refused: { word: 'Refused', shape: 'triangle', solid: 'text-danger-text', inTable: 'font-name text-danger-text', box: DANGER },
} as const satisfies Record<string, StateLook>

/** Whether a key is on its way out, by itself or after its replicas. */
export function isPendingDeletion(state: StateName): boolean {
  return state === 'PendingDeletion' || state === 'PendingReplicaDeletion'
}

export type StateName = keyof typeof stateLooks
