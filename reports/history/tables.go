package history

// tables is version 1. Everything hangs on runs, but what was seen when: a finding outlives the
// runs that saw it, so those tables hold times.
const tables = `
CREATE TABLE runs (
  id         INTEGER PRIMARY KEY,
  run_id     TEXT NOT NULL,
  command    TEXT NOT NULL,
  scope      TEXT NOT NULL,           -- as in the saved result
  tool       TEXT NOT NULL,           -- version of the program
  started    INTEGER NOT NULL,
  finished   INTEGER NOT NULL,
  complete   INTEGER NOT NULL,
  UNIQUE (run_id, command, scope)
);
CREATE INDEX runs_started ON runs (started);

CREATE TABLE gaps (
  run        INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  account    TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL,
  file       TEXT NOT NULL, app TEXT NOT NULL, app_version TEXT NOT NULL,
  reason     TEXT NOT NULL
);
CREATE INDEX gaps_run ON gaps (run);

-- The numbers of a run: of all of it ('run'), a rule, a control, an app or an account.
CREATE TABLE counts (
  run        INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,           -- rule, FRAMEWORK/CONTROL, app, account; '' of all
  environment TEXT NOT NULL,          -- of an app
  resources  INTEGER NOT NULL, orphans INTEGER NOT NULL, stale INTEGER NOT NULL, drift INTEGER NOT NULL,
  critical   INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, low INTEGER NOT NULL, info INTEGER NOT NULL,
  pass       INTEGER NOT NULL, unknown INTEGER NOT NULL, error INTEGER NOT NULL, skip INTEGER NOT NULL, waived INTEGER NOT NULL,
  opened     INTEGER NOT NULL, reopened INTEGER NOT NULL, closed INTEGER NOT NULL
);
CREATE INDEX counts_run ON counts (run, kind);
CREATE INDEX counts_name ON counts (kind, name);

-- What became of actions. A mark is no outcome here: the state alone says what is marked.
CREATE TABLE outcomes (
  run        INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  action     TEXT NOT NULL, verb TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
  account    TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL, resource TEXT NOT NULL,
  app        TEXT NOT NULL, request_id TEXT NOT NULL
);
CREATE INDEX outcomes_run ON outcomes (run);

CREATE TABLE resources (
  id         INTEGER PRIMARY KEY,
  account    TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL, resource TEXT NOT NULL,
  class      TEXT NOT NULL, app TEXT NOT NULL, environment TEXT NOT NULL,
  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
  gone       INTEGER,                 -- when it was found to be gone; NULL while it is there
  UNIQUE (account, region, type, resource)
);

-- Findings of rules (kind 'rule') and differences (kind 'drift', rule is the class).
CREATE TABLE findings (
  id         INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL, fingerprint TEXT NOT NULL,
  copy       INTEGER NOT NULL,        -- 0, 1, ... of those with one fingerprint in one run
  declared   INTEGER NOT NULL,        -- 1 when check found it in a declaration
  rule       TEXT NOT NULL, severity TEXT NOT NULL,
  status     TEXT NOT NULL,           -- fail, unknown, error or waived, when it was last seen
  account    TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL, resource TEXT NOT NULL,
  file       TEXT NOT NULL, logical_id TEXT NOT NULL,
  app        TEXT NOT NULL, environment TEXT NOT NULL,
  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
  closed     INTEGER,                 -- when it was found to be gone; NULL while it is open
  reopened   INTEGER,                 -- when it last came back after that
  UNIQUE (fingerprint, copy, kind, declared)
);
CREATE INDEX findings_rule ON findings (rule);
`

// actors is version 2: who acted in a run, the ARN of the caller; empty where nobody did.
const actors = "ALTER TABLE runs ADD COLUMN actor TEXT NOT NULL DEFAULT ''"
