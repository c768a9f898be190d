import { describe, expect, it } from 'vitest'
import { requireState, type KeyOperation } from '#core/keys/states.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { keyStates, type KeyState } from '#core/vocabulary/kms.ts'
import { cells, failureOfNote, guideStates } from './key-state-guide.ts'

const ARN = 'arn:aws:kms:lab:441722089135:key/3019d84f-7c20-45e2-a445-826d9bc09206'

describe('key states', () => {
  it('are all in the guide\'s matrix', () => {
    expect([...guideStates].sort()).toEqual([...keyStates].sort())
  })

  it.each(cells)('%s on a key that is %s: %s', (operation, state, note) => {
    expect(failureOf(operation as KeyOperation, state as KeyState)).toEqual(failureOfNote(note, ARN))
  })
})

function failureOf(operation: KeyOperation, state: KeyState): readonly [string, string] | undefined {
  try {
    requireState(operation, state, ARN)
    return undefined
  } catch (error) {
    if (error instanceof VaultError) return [error.code, error.message]
    throw error
  }
}
