// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
-- Users and roles; an account's root is in no table. Names are one's own regardless of case, as in IAM.
CREATE TABLE principals (
  arn TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('User', 'Role')),
  name TEXT NOT NULL COLLATE NOCASE,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  trust_policy TEXT CHECK ((trust_policy IS NULL) = (kind = 'User')),
  UNIQUE (account, kind, name)
) STRICT;

CREATE TABLE principal_tags (
  arn TEXT NOT NULL REFERENCES principals (arn) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tag_key TEXT NOT NULL,
  tag_value TEXT NOT NULL,
  PRIMARY KEY (arn, position)
) STRICT, WITHOUT ROWID;

-- Groups that somebody made; the ready-made ones are code.
CREATE TABLE groups (
  arn TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  created_at INTEGER NOT NULL,
  UNIQUE (account, name)
) STRICT;

CREATE TABLE group_members (
  group_arn TEXT NOT NULL,
  user_arn TEXT NOT NULL REFERENCES principals (arn) ON DELETE CASCADE,
  PRIMARY KEY (group_arn, user_arn)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (user_arn, group_arn);

-- Policy documents of users, roles and groups, by their ARN.
CREATE TABLE identity_policies (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  key_id TEXT NOT NULL,
  grantee TEXT NOT NULL,
  retiring TEXT,
  operations TEXT NOT NULL,
  constraints TEXT NOT NULL,
  name TEXT,
  issuer TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  FOREIGN KEY (key_id, region) REFERENCES keys (id, region)
) STRICT;
CREATE INDEX grants_by_key ON grants (key_id, region, id);
CREATE INDEX grants_by_grantee ON grants (key_id, region, grantee);
CREATE INDEX grants_by_retiring ON grants (retiring, id) WHERE retiring IS NOT NULL;
`
