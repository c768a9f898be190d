// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
CREATE TABLE access_keys (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  principal TEXT NOT NULL,
  secret BLOB NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  created_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;
CREATE INDEX access_keys_by_principal ON access_keys (principal, created_at, id);

-- The vault's own: the authority of its endpoints, and the certificate that they show.
CREATE TABLE certificates (
  role TEXT PRIMARY KEY CHECK (role IN ('authority', 'server')),
  private_key BLOB NOT NULL,
  certificate BLOB NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
