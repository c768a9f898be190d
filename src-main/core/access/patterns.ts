/**
 * Whether a text fits a pattern with AWS's wildcards: `*` any characters or none, `?` exactly one. In time of at most the product of the
 * two lengths: a pattern of many stars cannot be made to take long, as it can with a regular expression.
 */
export function fits(pattern: string, text: string): boolean {
  let [p, t, star, retry] = [0, 0, -1, 0]
  while (t < text.length) {
    const wanted = pattern[p]
    if (wanted === '*') {
      star = p
      retry = t
      p += 1
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[t])) {
      p += 1
      t += 1
    } else if (star >= 0) {
      // The last star takes one character more; stars before it need not change.
      p = star + 1
      retry += 1
      t = retry
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}

/** Action names are compared without regard to case (IAM, "Action"): `kms:generatedatakey*` is what it looks like. */
export function fitsAction(pattern: string, action: string): boolean {
  return pattern === '*' || fits(pattern.toLowerCase(), action.toLowerCase())
}

/** ARNs are compared part by part: a wildcard ends at the next colon, but for the sixth part, which has the rest (IAM, "ArnLike"). */
export function fitsArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true
  const [wanted, given] = [arnParts(pattern), arnParts(arn)]
  return wanted?.every((part, i) => fits(part, given?.[i] ?? '')) === true && given !== undefined
}

/** The six parts of an ARN; undefined if it has fewer. */
export function arnParts(text: string): readonly string[] | undefined {
  const parts = text.split(':')
  return parts.length < 6 || parts[0] !== 'arn' ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}
