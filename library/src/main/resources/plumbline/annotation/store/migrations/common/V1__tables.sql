-- Times are milliseconds since 1970, JSON is text; ${id} is the database's own counting key.

CREATE TABLE server_secrets (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE accounts (
  id            ${id},
  name          TEXT    NOT NULL,
  name_key      TEXT    NOT NULL UNIQUE, -- the name without case
  role          TEXT    NOT NULL CHECK (role IN ('admin', 'reviewer', 'annotator')),
  team          TEXT    NOT NULL,        -- the group of annotators; empty for none
  password_hash TEXT,
  active        BOOLEAN NOT NULL,
  created_at    BIGINT  NOT NULL
);

CREATE TABLE sessions (
  token_hash TEXT   PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_account ON sessions (account_id);

CREATE TABLE api_tokens (
  id         ${id},
  token_hash TEXT   NOT NULL UNIQUE,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  label      TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX api_tokens_of_account ON api_tokens (account_id);

CREATE TABLE invitations (
  id          ${id},
  token_hash  TEXT   NOT NULL UNIQUE,
  role        TEXT   NOT NULL CHECK (role IN ('admin', 'reviewer', 'annotator')),
  team        TEXT   NOT NULL,
  created_by  BIGINT REFERENCES accounts (id), -- nobody: the first admin's
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  redeemed_by BIGINT REFERENCES accounts (id),
  revoked_at  BIGINT
);

CREATE TABLE sign_in_failures (
  subject TEXT   PRIMARY KEY, -- a name or an address
  failed  BIGINT NOT NULL,
  last_at BIGINT NOT NULL
);

CREATE TABLE projects (
  id         ${id},
  slug       TEXT   NOT NULL UNIQUE,
  title      TEXT   NOT NULL,
  state      TEXT   NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
  settings   TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE guidelines (
  project_id BIGINT NOT NULL REFERENCES projects (id),
  version    BIGINT NOT NULL,
  markdown   TEXT   NOT NULL,
  account_id BIGINT REFERENCES accounts (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, version)
);

CREATE TABLE project_members (
  project_id BIGINT NOT NULL REFERENCES projects (id),
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  PRIMARY KEY (project_id, account_id)
);

CREATE TABLE items (
  id          ${id},
  project_id  BIGINT NOT NULL REFERENCES projects (id),
  external_id TEXT   NOT NULL,
  category    TEXT   NOT NULL,
  context     TEXT   NOT NULL,
  responses   TEXT   NOT NULL,
  gold        TEXT,
  meta        TEXT   NOT NULL,
  state       TEXT   NOT NULL
              CHECK (state IN ('open', 'done', 'discarded', 'review', 'adjudicated')),
  agreement   DOUBLE PRECISION, -- of the current votes; NULL where it is not defined
  created_at  BIGINT NOT NULL,
  UNIQUE (project_id, external_id)
);
CREATE INDEX items_by_state ON items (project_id, state, id);

-- The responses of an item that a group of annotators sees.
CREATE TABLE response_sets (
  id           ${id},
  project_id   BIGINT  NOT NULL REFERENCES projects (id),
  item_id      BIGINT  NOT NULL REFERENCES items (id),
  team         TEXT    NOT NULL, -- empty: whoever has no set of their own group
  response_ids TEXT    NOT NULL,
  gold         BOOLEAN NOT NULL,
  votes        BIGINT  NOT NULL, -- current votes of kind 'vote'
  wanted       BOOLEAN NOT NULL, -- may still be handed out
  UNIQUE (item_id, team)
);
CREATE INDEX response_sets_wanted ON response_sets (project_id, gold, votes DESC, id) WHERE wanted;

-- One row per account and item: handing out again renews it, so order and draft survive.
CREATE TABLE leases (
  id            ${id},
  project_id    BIGINT NOT NULL REFERENCES projects (id),
  item_id       BIGINT NOT NULL REFERENCES items (id),
  set_id        BIGINT NOT NULL REFERENCES response_sets (id),
  account_id    BIGINT NOT NULL REFERENCES accounts (id),
  shown         TEXT   NOT NULL,
  guidelines    BIGINT NOT NULL,
  state         TEXT   NOT NULL CHECK (state IN ('open', 'released', 'expired', 'closed')),
  handed_out_at BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  draft         TEXT,
  UNIQUE (account_id, item_id)
);
CREATE UNIQUE INDEX leases_one_open ON leases (account_id, project_id) WHERE state = 'open';
CREATE INDEX leases_open_of_set ON leases (set_id, expires_at) WHERE state = 'open';

CREATE TABLE votes (
  id         ${id},
  project_id BIGINT NOT NULL REFERENCES projects (id),
  item_id    BIGINT NOT NULL REFERENCES items (id),
  set_id     BIGINT REFERENCES response_sets (id), -- none: an adjudication
  lease_id   BIGINT REFERENCES leases (id),
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  kind       TEXT   NOT NULL
             CHECK (kind IN ('vote', 'skip', 'discard', 'adjudication', 'undo')),
  nonce      TEXT,
  shown      TEXT   NOT NULL,
  guidelines BIGINT NOT NULL,
  answers    TEXT   NOT NULL,
  reason     TEXT   NOT NULL,
  seconds    DOUBLE PRECISION NOT NULL,
  supersedes BIGINT UNIQUE REFERENCES votes (id),
  created_at BIGINT NOT NULL,
  UNIQUE (lease_id, nonce)
);
CREATE INDEX votes_of_project ON votes (project_id, id);
CREATE INDEX votes_of_item ON votes (item_id, id);
CREATE INDEX votes_of_account ON votes (account_id, project_id, id);

CREATE TABLE audit (
  id         ${id},
  account_id BIGINT REFERENCES accounts (id), -- nobody: the server, or who has not signed in
  action     TEXT   NOT NULL,
  subject    TEXT   NOT NULL,
  address    TEXT   NOT NULL,
  detail     TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE webhooks (
  id         ${id},
  project_id BIGINT  NOT NULL REFERENCES projects (id),
  url        TEXT    NOT NULL,
  secret     TEXT    NOT NULL,
  events     TEXT    NOT NULL,
  active     BOOLEAN NOT NULL,
  created_at BIGINT  NOT NULL
);
CREATE INDEX webhooks_of_project ON webhooks (project_id);

CREATE TABLE deliveries (
  id           ${id},
  webhook_id   BIGINT NOT NULL REFERENCES webhooks (id),
  event        TEXT   NOT NULL,
  payload      TEXT   NOT NULL,
  state        TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
  attempts     BIGINT NOT NULL,
  next_at      BIGINT NOT NULL, -- not before; while claimed, when the claim runs out
  last_result  TEXT   NOT NULL,
  created_at   BIGINT NOT NULL
);
CREATE INDEX deliveries_waiting ON deliveries (next_at, id) WHERE state = 'waiting';
