// Frozen: never edited after a release. A change is a new migration beside this one.

export const sql = `
ALTER TABLE materials ADD COLUMN public_key BLOB;
ALTER TABLE materials ADD COLUMN sealed_key BLOB;
`
