// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
-- The leaf hash of RFC 6962. Null only in records of before, until the store has opened once.
ALTER TABLE audit ADD COLUMN hash BLOB CHECK (length(hash) = 32);

-- A block is 256 records in a row, once they are all there: the root of their subtree, and when the first and the last of them happened.
CREATE TABLE audit_blocks (
  block INTEGER PRIMARY KEY CHECK (block >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;

-- Which records of a block have a term that more than one of them has: fewer than 32 as a byte each, else a bitmap of 32 bytes. By block,
-- so that a new block is written in one place.
CREATE TABLE audit_terms (
  block INTEGER NOT NULL,
  term INTEGER NOT NULL,
  records BLOB NOT NULL CHECK (length(records) BETWEEN 1 AND 32),
  PRIMARY KEY (block, term)
) STRICT, WITHOUT ROWID;

-- Terms that one record of a block has alone, such as its ids: two bytes of the term's number and one of the record's place, in order.
CREATE TABLE audit_rare_terms (
  block INTEGER PRIMARY KEY CHECK (block >= 0),
  terms BLOB NOT NULL CHECK (length(terms) % 3 = 0)
) STRICT;

CREATE TABLE audit_checkpoints (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  note TEXT NOT NULL
) STRICT;

-- Keys that the vault itself signs with: nobody's CMK, in no list of keys.
CREATE TABLE service_keys (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  material_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id),
  cka_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  public_key BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX service_keys_by_purpose ON service_keys (purpose, created_at, id);
`
