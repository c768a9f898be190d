import type { KeyDetailView } from '#contract/vault.ts'
import type { Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { confirm } from '#ui/confirm.ts'
import { isSymmetric } from '#ui/key-usages.ts'
import { nameOf } from '#ui/key-names.ts'
import { toast } from '#ui/toast.ts'
import { isPendingDeletion } from '#ui/states.ts'

/** Days between rotations (AWS KMS EnableKeyRotation). */
export const LEAST_PERIOD = 90
export const MOST_PERIOD = 2560
export const USUAL_PERIOD = 365
/** Rotations on demand that a key may have (AWS KMS quota). */
export const MOST_ON_DEMAND = 25

const DAY = 86_400_000

/** The dates that follow, the next one first. */
export function nextDates({ periodDays, nextAt }: { readonly periodDays: number; readonly nextAt: Date }, many: number): readonly Date[] {
  return Array.from({ length: many }, (_, index) => new Date(nextAt.getTime() + index * periodDays * DAY))
}

/** Rotations on demand that were used. */
export function onDemandUsed({ materials }: Pick<KeyDetailView, 'materials'>): number {
  return materials.filter(({ cause }) => cause === 'ON_DEMAND').length
}

/** Why a key cannot be rotated now; undefined if it can. */
export function reasonAgainstRotation(detail: KeyDetailView): string | undefined {
  if (detail.state === 'Disabled') return `${nameOf(detail)} is disabled. Enable it under Actions first.`
  if (isPendingDeletion(detail.state)) return `${nameOf(detail)} is pending deletion.`
  if (detail.state === 'Unavailable') return `${nameOf(detail)} is unavailable: its HSM does not answer.`
  return undefined
}

/** Why a key never rotates by itself; undefined for symmetric encryption keys (AWS KMS EnableKeyRotation). */
export function reasonAgainstAutomaticRotation({ spec, usage }: Pick<KeyDetailView, 'spec' | 'usage'>): string | undefined {
  if (isSymmetric({ spec })) return undefined
  return usage === 'GENERATE_VERIFY_MAC'
    ? 'Never by itself: MACs of older material could not be told apart. Create a new key and move the alias'
    : 'Never by itself: others hold its public key. Create a new key and move the alias'
}

export interface Rotation {
  /** Switches it on with this period, or changes the period; the first rotation is one period away. */
  enable(periodDays: number): Promise<void>
  disable(): Promise<void>
  /** After a question. */
  rotateNow(): Promise<void>
}

/** Rotating one key, by schedule and on demand. */
export function useRotation(detail: () => KeyDetailView, change: Action<[work: () => Promise<void>], void>): Rotation {
  const api = useApi()
  return {
    async enable(periodDays) {
      const { keyId } = detail()
      await change.run(async () => {
        await api.kms.EnableKeyRotation({ KeyId: keyId, RotationPeriodInDays: periodDays })
        toast(`${nameOf(detail())} rotates every ${periodDays} days`)
      })
    },

    async disable() {
      const { keyId } = detail()
      await change.run(async () => {
        await api.kms.DisableKeyRotation({ KeyId: keyId })
        toast(`${nameOf(detail())} is not rotated by itself any more`)
      })
    },

    async rotateNow() {
      const { keyId } = detail()
      const sure = await confirm({
        title: `Rotate ${nameOf(detail())} now`,
        text: `New material is made in the HSM and encrypts from then on; all older material still decrypts. It is number ${onDemandUsed(detail()) + 1} of the ${MOST_ON_DEMAND} rotations on demand that a key may have.`,
        yes: 'Rotate now',
        no: 'Keep the material',
      })
      if (!sure) return
      await change.run(async () => {
        await api.kms.RotateKeyOnDemand({ KeyId: keyId })
        toast(`${nameOf(detail())} has new material`)
      })
    },
  }
}
