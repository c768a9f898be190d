/** Whether an address of the network is in a range. An address of the other family is outside, and what is no address is nowhere. */
export function addressIn(address: string, range: string): boolean {
  const fixed = fixedBits(range)
  return fixed !== undefined && bitsOf(address)?.length === fixed.of && bitsOf(address)?.startsWith(fixed.bits) === true
}

/** Whether a text is a range in CIDR form (RFC 4632, RFC 4291), or one address. */
export function isAddressRange(text: string): boolean {
  return fixedBits(text) !== undefined
}

function fixedBits(range: string): { readonly bits: string; readonly of: number } | undefined {
  const [base = '', length, ...more] = range.split('/')
  const bits = bitsOf(base)
  if (bits === undefined || more.length > 0) return undefined
  if (length === undefined) return { bits, of: bits.length }
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits.length) return undefined
  return { bits: bits.slice(0, Number(length)), of: bits.length }
}

/** 32 or 128 binary digits; an IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is that IPv4 address. */
function bitsOf(address: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  return mapped.includes(':') ? bits6(mapped) : bits4(mapped)
}

function bits4(address: string): string | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('')
}

function bits6(address: string): string | undefined {
  const halves = address.split('::')
  const [front = [], back = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - front.length - back.length
  const whole = halves.length === 2 ? missing >= 1 : halves.length === 1 && missing === 0
  const groups = [...front, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...back]
  if (!whole || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.map((group) => parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}
