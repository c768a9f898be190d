import type { PolicyDocument, PolicyKind } from '#core/access/document.ts'
import { parsePolicy } from '#core/access/parse.ts'

/** More policy texts than a vault of one machine has in use; beyond it the oldest make way. */
const MOST = 4096

/** Parsed policies by their very text, so that nothing has to be told when one changes. */
export interface Policies {
  /** Throws MalformedPolicyDocumentException. */
  parsed(text: string, kind: PolicyKind): PolicyDocument
}

export function createPolicies(): Policies {
  const all = { identity: new Map<string, PolicyDocument>(), key: new Map<string, PolicyDocument>(), trust: new Map<string, PolicyDocument>() }
  return {
    parsed(text, kind) {
      const kept = all[kind]
      const found = kept.get(text)
      if (found !== undefined) return found
      const document = parsePolicy(text, kind)
      kept.set(text, document)
      // A Map keeps the order in which its entries came.
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
      return document
    },
  }
}
