// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
ALTER TABLE keys ADD COLUMN rotation_period INTEGER CHECK (rotation_period BETWEEN 90 AND 2560);
ALTER TABLE keys ADD COLUMN rotates_at INTEGER;
ALTER TABLE keys ADD COLUMN deletes_at INTEGER;
CREATE INDEX keys_by_rotation ON keys (rotates_at) WHERE rotates_at IS NOT NULL;
CREATE INDEX keys_by_deletion ON keys (deletes_at) WHERE deletes_at IS NOT NULL;

ALTER TABLE key_uses ADD COLUMN event_id TEXT NOT NULL DEFAULT '';
ALTER TABLE key_uses ADD COLUMN request_id TEXT NOT NULL DEFAULT '';

ALTER TABLE materials ADD COLUMN cause TEXT NOT NULL DEFAULT 'CREATE' CHECK (cause IN ('CREATE', 'AUTOMATIC', 'ON_DEMAND'));

-- Running time after a deletion's due date was first noticed: a wall clock that jumped must not destroy keys.
CREATE TABLE due_deletions (
  key_id TEXT PRIMARY KEY REFERENCES keys (id),
  running INTEGER NOT NULL CHECK (running >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (
  material_id TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  key_arn TEXT NOT NULL,
  member_id TEXT NOT NULL,
  cka_id BLOB NOT NULL,
  destroyed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seen INTEGER NOT NULL
) STRICT;
`
