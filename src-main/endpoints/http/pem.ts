// Node's TLS takes PEM alone (RFC 7468).

export function certificatePem(der: Uint8Array): Buffer {
  return pem('CERTIFICATE', der)
}

/** The caller wipes the result. */
export function privateKeyPem(der: Uint8Array): Buffer {
  return pem('PRIVATE KEY', der)
}

function pem(label: string, der: Uint8Array): Buffer {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  return Buffer.from(`-----BEGIN ${label}-----\n${base64.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`)
}
