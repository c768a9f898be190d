// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
CREATE TABLE token_profiles (
  id INTEGER PRIMARY KEY,
  module_hash TEXT NOT NULL,
  library_version TEXT NOT NULL,
  model TEXT NOT NULL,
  serial TEXT NOT NULL,
  firmware TEXT NOT NULL,
  manufacturer TEXT NOT NULL,
  library TEXT NOT NULL,
  hardware_slot INTEGER NOT NULL CHECK (hardware_slot IN (0, 1)),
  edition INTEGER NOT NULL,
  at INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL,
  UNIQUE (serial, module_hash, library_version, model, firmware)
) STRICT;

CREATE TABLE token_checks (
  profile_id INTEGER NOT NULL REFERENCES token_profiles (id) ON DELETE CASCADE,
  check_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  ckr TEXT,
  detail TEXT,
  microseconds INTEGER,
  PRIMARY KEY (profile_id, check_id)
) STRICT, WITHOUT ROWID;
`
