/** The most characters of a policy document (AWS KMS PutKeyPolicy). */
const MOST = 131_072

/**
 * What is wrong with a policy's text, as far as a page can tell while it is typed: its JSON and its outline. The grammar is the
 * service's to judge.
 */
export function policyProblem(text: string): string | undefined {
  if (text.trim() === '') return 'Write a policy document.'
  if (text.length > MOST) return 'A policy has at most 131,072 characters.'
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return error instanceof SyntaxError ? `This is no JSON${placeIn(text, error.message)}.` : 'This is no JSON.'
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return 'A policy is an object: { "Version": …, "Statement": … }.'
  return 'Statement' in document ? undefined : 'A policy needs a Statement.'
}

/** ": line 3, column 12", from what the engine says of the place; nothing where it names none. */
function placeIn(text: string, message: string): string {
  const at = /at position (\d+)/.exec(message)?.[1]
  const before = at === undefined ? undefined : text.slice(0, Number(at)).split('\n')
  return before === undefined ? '' : `: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}
