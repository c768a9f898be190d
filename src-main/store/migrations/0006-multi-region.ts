// Frozen: never edited after a release. A change is a new migration beside this one.

// Related multi-Region keys have one id in several Regions and share their material, so a key's address becomes (id, region), and material
// belongs to the id. SQLite cannot alter keys and references of a table: each is made anew and takes its rows over.
export const sql = `
ALTER TABLE keys RENAME TO keys_before;
ALTER TABLE key_uses RENAME TO key_uses_before;
ALTER TABLE tags RENAME TO tags_before;
ALTER TABLE materials RENAME TO materials_before;
ALTER TABLE aliases RENAME TO aliases_before;
ALTER TABLE due_deletions RENAME TO due_deletions_before;

CREATE TABLE keys (
  id TEXT NOT NULL,
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
  current_material TEXT NOT NULL,
  rotation_period INTEGER CHECK (rotation_period BETWEEN 90 AND 2560),
  rotates_at INTEGER,
  deletes_at INTEGER,
  -- NULL: the key of a single Region.
  multi_region TEXT CHECK (multi_region IN ('PRIMARY', 'REPLICA')),
  -- Of a primary that waits for its replicas to go: the days that it waits after that.
  pending_window INTEGER CHECK (pending_window BETWEEN 7 AND 30),
  PRIMARY KEY (id, region)
) STRICT;
INSERT INTO keys SELECT id, account, region, spec, usage, origin, protection, state, description, policy, created_at, current_material,
  rotation_period, rotates_at, deletes_at, NULL, NULL FROM keys_before;

CREATE TABLE key_uses (
  key_id TEXT NOT NULL,
  region TEXT NOT NULL,
  operation TEXT NOT NULL,
  at INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  PRIMARY KEY (key_id, region),
  FOREIGN KEY (key_id, region) REFERENCES keys (id, region)
) STRICT, WITHOUT ROWID;
INSERT INTO key_uses SELECT key_id, region, operation, at, event_id, request_id FROM key_uses_before JOIN keys ON id = key_id;

CREATE TABLE tags (
  key_id TEXT NOT NULL,
  region TEXT NOT NULL,
  position INTEGER NOT NULL,
  tag_key TEXT NOT NULL,
  tag_value TEXT NOT NULL,
  PRIMARY KEY (key_id, region, position),
  UNIQUE (key_id, region, tag_key),
  FOREIGN KEY (key_id, region) REFERENCES keys (id, region)
) STRICT, WITHOUT ROWID;
INSERT INTO tags SELECT key_id, region, position, tag_key, tag_value FROM tags_before JOIN keys ON id = key_id;

-- Of all keys with this id: no reference can say so, the triggers do.
CREATE TABLE materials (
  id TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id),
  cka_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  rung INTEGER NOT NULL,
  check_value BLOB,
  created_at INTEGER NOT NULL,
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  cause TEXT NOT NULL DEFAULT 'CREATE' CHECK (cause IN ('CREATE', 'AUTOMATIC', 'ON_DEMAND')),
  public_key BLOB,
  sealed_key BLOB
) STRICT;
INSERT INTO materials SELECT id, key_id, member_id, cka_id, kind, rung, check_value, created_at, reserved, cause, public_key, sealed_key FROM materials_before;

CREATE TABLE aliases (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, region, name),
  FOREIGN KEY (key_id, region) REFERENCES keys (id, region)
) STRICT, WITHOUT ROWID;
INSERT INTO aliases SELECT account, region, name, key_id, created_at, updated_at FROM aliases_before;

CREATE TABLE due_deletions (
  key_id TEXT NOT NULL,
  region TEXT NOT NULL,
  running INTEGER NOT NULL CHECK (running >= 0),
  PRIMARY KEY (key_id, region),
  FOREIGN KEY (key_id, region) REFERENCES keys (id, region)
) STRICT, WITHOUT ROWID;
INSERT INTO due_deletions SELECT key_id, region, running FROM due_deletions_before JOIN keys ON id = key_id;

DROP TABLE key_uses_before;
DROP TABLE tags_before;
DROP TABLE materials_before;
DROP TABLE aliases_before;
DROP TABLE due_deletions_before;
DROP TABLE keys_before;

CREATE INDEX keys_by_scope ON keys (account, region, id);
CREATE INDEX keys_by_rotation ON keys (rotates_at) WHERE rotates_at IS NOT NULL;
CREATE INDEX keys_by_deletion ON keys (deletes_at) WHERE deletes_at IS NOT NULL;
CREATE INDEX materials_by_key ON materials (key_id, created_at, id);
CREATE INDEX aliases_by_key ON aliases (key_id, account, region, name);

CREATE TRIGGER materials_need_a_key BEFORE INSERT ON materials WHEN NOT EXISTS (SELECT 1 FROM keys WHERE id = NEW.key_id)
BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;
CREATE TRIGGER keys_outlive_their_materials BEFORE DELETE ON keys
WHEN EXISTS (SELECT 1 FROM materials WHERE key_id = OLD.id) AND NOT EXISTS (SELECT 1 FROM keys WHERE id = OLD.id AND region <> OLD.region)
BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;
`
