// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
CREATE TABLE vault (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  PRIMARY KEY (account, region)
) STRICT, WITHOUT ROWID;

CREATE TABLE slot_keys (
  slot_id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  public_key BLOB NOT NULL CHECK (length(public_key) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  library TEXT NOT NULL,
  parameters TEXT,
  soft_token INTEGER NOT NULL CHECK (soft_token IN (0, 1)),
  serial TEXT NOT NULL,
  rung INTEGER NOT NULL,
  pin BLOB,
  pending_pin BLOB,
  so_pin BLOB
) STRICT;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  spec TEXT NOT NULL,
  usage TEXT NOT NULL,
  origin TEXT NOT NULL,
  protection TEXT NOT NULL,
  state TEXT NOT NULL,
  description TEXT NOT NULL,
  policy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  current_material TEXT NOT NULL
) STRICT;
CREATE INDEX keys_by_scope ON keys (account, region, id);

-- Apart from the key, whose row with its policy need not be written again at each use.
CREATE TABLE key_uses (
  key_id TEXT PRIMARY KEY REFERENCES keys (id),
  operation TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
  key_id TEXT NOT NULL REFERENCES keys (id),
  position INTEGER NOT NULL,
  tag_key TEXT NOT NULL,
  tag_value TEXT NOT NULL,
  PRIMARY KEY (key_id, position),
  UNIQUE (key_id, tag_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE materials (
  id TEXT PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES keys (id),
  member_id TEXT NOT NULL REFERENCES members (id),
  cka_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  rung INTEGER NOT NULL,
  check_value BLOB,
  created_at INTEGER NOT NULL,
  reserved INTEGER NOT NULL CHECK (reserved >= 0)
) STRICT;
CREATE INDEX materials_by_key ON materials (key_id, created_at, id);

CREATE TABLE aliases (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT NOT NULL REFERENCES keys (id),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, region, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_key ON aliases (key_id, account, region, name);

-- No reference to keys: an intent to create is written before its key.
CREATE TABLE intents (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  material_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  cka_id BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX intents_by_key ON intents (key_id);

CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY CHECK (sequence >= 0),
  leaf BLOB NOT NULL
) STRICT;
`
