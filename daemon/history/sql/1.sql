-- Version 1: jobs that have ended.

-- What jobs are looked for by. Narrow, so that going through many of them is cheap; in the order of the ids, which is
-- that of the starts.
CREATE TABLE job (
  id      TEXT PRIMARY KEY,
  name    TEXT,
  slice   TEXT NOT NULL,
  -- uid
  owner   INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  -- microseconds since the epoch
  started INTEGER NOT NULL,
  ended   INTEGER NOT NULL,
  -- that of its Start or Run
  key     TEXT,
  -- it had a place in its slice
  begun   INTEGER NOT NULL,
  -- which streams were captured, see KeptStreams: 1 output, 2 error in a log of its own, 4 error in that of output
  kept    INTEGER NOT NULL,
  -- what it takes on the disk, with its logs
  bytes   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX job_name  ON job (name)       WHERE name IS NOT NULL;
CREATE INDEX job_key   ON job (owner, key) WHERE key IS NOT NULL;
CREATE INDEX job_owner ON job (owner);
CREATE INDEX job_ended ON job (ended);

-- The job as the interface has it, in JSON.
CREATE TABLE document (
  id   TEXT PRIMARY KEY,
  text TEXT NOT NULL
);

CREATE TABLE label (
  id    TEXT NOT NULL,
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (id, key)
) WITHOUT ROWID;
