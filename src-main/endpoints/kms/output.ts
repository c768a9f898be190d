/**
 * An operation's answer as AWS's JSON 1.1: blobs in base64, times in seconds since 1970. A structure without members is no body at all.
 * Its bytes are wiped: they have been sent.
 */
export function outputBody(output: Record<string, unknown>): Buffer {
  const members = written(output)
  return members === '{}' ? Buffer.alloc(0) : Buffer.from(members)
}

function written(value: unknown): string {
  if (value instanceof Uint8Array) return wiped(value)
  if (value instanceof Date) return seconds(value)
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${written(member)}`).join(',')}}`
}

function wiped(bytes: Uint8Array): string {
  const text = JSON.stringify(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'))
  bytes.fill(0)
  return text
}

/** As the service writes a double: `1.764045000123E9`. Some clients take an integer for a wrong type. */
function seconds(time: Date): string {
  const [mantissa = '0', exponent = '0'] = (time.getTime() / 1000).toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
}
