// Frozen: never edited after a release. A change is a new migration beside this one.

// A key without material, which waits for its import, has '' as its current_material.
export const sql = `
-- Of imported material only. Deleted or expired material keeps its row: the same bytes may come back, and nothing else may.
CREATE TABLE imported_materials (
  material_id TEXT PRIMARY KEY REFERENCES materials (id),
  -- Whether the token holds it.
  present INTEGER NOT NULL CHECK (present IN (0, 1)),
  -- It has encrypted nothing yet: a rotation will make it current.
  pending_rotation INTEGER NOT NULL CHECK (pending_rotation IN (0, 1)),
  rotated_at INTEGER,
  expires_at INTEGER,
  description TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX imported_materials_by_expiry ON imported_materials (expires_at) WHERE present = 1 AND expires_at IS NOT NULL;

-- Pairs in the token under which material arrives, each for one import.
CREATE TABLE wrapping_pairs (
  id TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id),
  cka_id BLOB NOT NULL,
  algorithm TEXT NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wrapping_pairs_by_end ON wrapping_pairs (ends_at);

-- What import tokens are authenticated with.
CREATE TABLE import_secret (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;
`
