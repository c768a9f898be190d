import type { CertificateRow, CertificateTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { bytes } from './columns.ts'

export function createCertificateTable(database: Database): CertificateTable {
  const get = database.query<CertificateRow>('SELECT private_key AS privateKey, certificate, ends_at AS endsAt FROM certificates WHERE role = ?')
  const put = database.change(
    `INSERT INTO certificates (role, private_key, certificate, ends_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (role) DO UPDATE SET private_key = excluded.private_key, certificate = excluded.certificate, ends_at = excluded.ends_at`,
  )
  return {
    get(role) {
      const found = get.get(role)
      return found && { ...found, privateKey: bytes(found.privateKey), certificate: bytes(found.certificate) }
    },
    put: (role, row) => void put.run(role, row.privateKey, row.certificate, row.endsAt),
  }
}
