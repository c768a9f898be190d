import type { TokenAttribute } from '#core/ports/hsm.ts'
import type { MaterialRow } from '#core/ports/store.ts'
import { attributeWords } from '#core/tokens/attributes.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { findKey, type KeyTarget } from './kms/keys.ts'
import type { Members } from './members.ts'
import type { Operation } from './operation.ts'

export interface MaterialTarget extends KeyTarget {
  readonly material: MaterialRow
}

export interface TokenObject {
  class: 'secret' | 'private' | 'public'
  attributes: { name: string; hex?: string; words?: string }[]
}

/** What a token itself says of a key's material. */
export function tokenAttributes({ members }: { members: Members }) {
  const readTokenAttributes: Operation<{ keyId: string; materialId: string }, MaterialTarget, { member: string; objects: TokenObject[] }> = {
    name: 'ReadTokenAttributes',
    action: 'kms:DescribeKey',
    readOnly: true,
    request: ({ keyId, materialId }) => ({ keyId, materialId }),
    check: () => undefined,
    target(tables, scope, { keyId, materialId }) {
      const target = findKey(tables, scope, keyId, 'any')
      const material = tables.materials.ofKey(target.key.id).find(({ id }) => id === materialId)
      if (material === undefined) throw new VaultError('NotFoundException', { text: 'This key has no such key material.' })
      return { ...target, material }
    },
    async perform(_call, { material }) {
      const found = await members.session(material.memberId).attributes(material.ckaId)
      if (found.length === 0) throw new VaultError('MATERIAL_MISSING', { member: members.member(material.memberId).config.name })
      const objects = found.map((object) => ({ class: object.class, attributes: object.attributes.map((one) => attributeView(one)) }))
      return { settle: () => ({ member: members.member(material.memberId).config.name, objects }) }
    },
  }
  return { readTokenAttributes }
}

function attributeView({ name, value }: TokenAttribute): TokenObject['attributes'][number] {
  const words = value && attributeWords(name, value)
  return { name, ...(value === undefined ? {} : { hex: toHex(value) }), ...(words === undefined ? {} : { words }) }
}
