-- Buying at suppliers. Times are unix milliseconds; a due time of 0 is now.

-- +goose Up

-- Links get a number of their own for the index of their words, and the supplier's SKU for a column: its price lists
-- speak of that.
CREATE TABLE links_2 (
  id       INTEGER PRIMARY KEY,
  store    TEXT NOT NULL,
  key      TEXT NOT NULL,
  supplier TEXT NOT NULL,
  sku      TEXT NOT NULL,
  doc      TEXT NOT NULL,
  UNIQUE (store, key, supplier)
) STRICT;
INSERT INTO links_2 (store, key, supplier, sku, doc)
  SELECT store, key, supplier, coalesce(json_extract(doc, '$.supplier_sku'), ''), doc FROM links ORDER BY store, key, supplier;
DROP TABLE links;
ALTER TABLE links_2 RENAME TO links;
CREATE INDEX links_sku ON links (supplier, sku);

CREATE VIRTUAL TABLE link_words USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '1 2 3 4 5'
);
INSERT INTO link_words (rowid, words)
  SELECT id, od_tokens(substr(key, instr(key, ':') + 1), supplier, sku, coalesce(json_extract(doc, '$.title'), '')) FROM links;

-- What suppliers sell; doc is a checkout.Product as JSON.
CREATE TABLE catalogue (
  id       INTEGER PRIMARY KEY,
  supplier TEXT NOT NULL,
  sku      TEXT NOT NULL,
  sku_key  TEXT NOT NULL,                        -- folded
  kind     TEXT NOT NULL,
  pass     INTEGER NOT NULL,                     -- the import that brought it last
  doc      TEXT NOT NULL,
  UNIQUE (supplier, sku)
) STRICT;

CREATE INDEX catalogue_sku ON catalogue (sku_key);
CREATE INDEX catalogue_private ON catalogue (supplier, kind) WHERE kind <> 'goods';

-- Words of title, variant and SKU, and a mark for the supplier; see catalogue.go.
CREATE VIRTUAL TABLE catalogue_words USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '1 2 3 4 5'
);
CREATE VIRTUAL TABLE catalogue_vocabulary USING fts5vocab (catalogue_words, row);

-- The shipping tables of suppliers that cannot be asked.
CREATE TABLE methods (
  supplier TEXT NOT NULL,
  n        INTEGER NOT NULL,
  doc      TEXT NOT NULL,
  PRIMARY KEY (supplier, n)
) STRICT, WITHOUT ROWID;

-- Own placements were made here, by a checkout; the others are what suppliers reported.
ALTER TABLE placements ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
ALTER TABLE placements ADD COLUMN grp TEXT NOT NULL DEFAULT '';             -- checkout.GroupKey
ALTER TABLE placements ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE placements ADD COLUMN supplier_no TEXT NOT NULL DEFAULT '';
ALTER TABLE placements ADD COLUMN promise INTEGER NOT NULL DEFAULT 0;       -- business days from payment to dispatch
ALTER TABLE placements ADD COLUMN tell INTEGER NOT NULL DEFAULT 0;          -- 1 the store, 2 and the customer
ALTER TABLE placements ADD COLUMN poll_at INTEGER;                          -- when to look at it again; NULL = never

-- State 5 is cancelled: at most one live placement of a part.
CREATE UNIQUE INDEX placements_live ON placements (store, external_id, grp, supplier) WHERE own = 1 AND state <> 5;
CREATE INDEX placements_poll ON placements (poll_at, supplier) WHERE poll_at IS NOT NULL;
CREATE INDEX placements_number ON placements (supplier, supplier_no) WHERE own = 1 AND supplier_no <> '';

-- Which live own placement holds a line: never two.
CREATE TABLE placement_lines (
  store       TEXT NOT NULL,
  external_id TEXT NOT NULL,
  line        TEXT NOT NULL,
  reference   TEXT NOT NULL REFERENCES placements (reference),
  PRIMARY KEY (store, external_id, line)
) STRICT, WITHOUT ROWID;

CREATE INDEX placement_lines_reference ON placement_lines (reference);

-- What is to happen outside. Rows are never removed: they are the evidence. The order may be.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL,
  tag         TEXT NOT NULL,                     -- the tracking number of a tell
  state       TEXT NOT NULL,
  money       INTEGER NOT NULL,                  -- 1 = goes before what only tells
  order_id    INTEGER NOT NULL,
  store       TEXT NOT NULL,
  external_id TEXT NOT NULL,
  number      TEXT NOT NULL,
  supplier    TEXT NOT NULL,
  reference   TEXT NOT NULL,
  doc         TEXT NOT NULL,
  attempts    INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  evidence    TEXT NOT NULL,
  who         TEXT NOT NULL,
  at          INTEGER NOT NULL,
  updated     INTEGER NOT NULL,
  not_before  INTEGER NOT NULL
) STRICT;

-- An order is made once, paid once, taken back once and told of once, unless it was refused or withdrawn.
CREATE UNIQUE INDEX outbox_once ON outbox (reference, kind, tag) WHERE state NOT IN ('failed', 'withdrawn');
CREATE INDEX outbox_turn ON outbox (money DESC, id) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX outbox_due ON outbox (not_before) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';
CREATE INDEX outbox_order ON outbox (order_id, id);
CREATE INDEX outbox_reference ON outbox (reference, id);

CREATE TABLE outbox_attempts (
  effect   INTEGER NOT NULL REFERENCES outbox (id),
  n        INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  proof    TEXT NOT NULL,                        -- why it could be begun
  ended    INTEGER,                              -- NULL = it never came to an end
  state    TEXT NOT NULL,
  reason   TEXT NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (effect, n)
) STRICT, WITHOUT ROWID;

-- What counts against the caps: reserved when it is checked out, spent when it is paid.
CREATE TABLE spend (
  reference TEXT PRIMARY KEY REFERENCES placements (reference),
  supplier  TEXT NOT NULL,
  day       TEXT NOT NULL,                       -- YYYY-MM-DD in the merchant's zone
  currency  TEXT NOT NULL,
  reserved  INTEGER NOT NULL,
  spent     INTEGER                              -- NULL = not paid yet
) STRICT;

CREATE INDEX spend_day ON spend (supplier, day, currency, reserved, spent);

CREATE TABLE quotes (
  supplier TEXT NOT NULL,
  basket   TEXT NOT NULL,
  at       INTEGER NOT NULL,
  doc      TEXT NOT NULL,
  PRIMARY KEY (supplier, basket)
) STRICT;

CREATE INDEX quotes_at ON quotes (at);

CREATE TABLE quote_requests (
  supplier TEXT NOT NULL,
  basket   TEXT NOT NULL,                        -- '' = the account
  turn     INTEGER NOT NULL,                     -- the lowest is next
  doc      TEXT NOT NULL,
  PRIMARY KEY (supplier, basket)
) STRICT;

CREATE INDEX quote_requests_turn ON quote_requests (turn);

CREATE TABLE accounts (
  supplier TEXT PRIMARY KEY,
  doc      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE choices (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  supplier TEXT NOT NULL,
  grp      TEXT NOT NULL,
  doc      TEXT NOT NULL,
  PRIMARY KEY (order_id, supplier, grp)
) STRICT;

-- Suppliers at which the automatic checkout has stopped.
CREATE TABLE auto_pauses (
  supplier TEXT PRIMARY KEY,
  why      TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
