-- Times are unix milliseconds. Enumerations are kept as the position of the value in the order package's slices.

-- +goose Up
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shops (
  id                 INTEGER PRIMARY KEY,
  name               TEXT NOT NULL UNIQUE,
  platform           TEXT NOT NULL,
  title              TEXT NOT NULL,
  url                TEXT NOT NULL,
  currency           TEXT NOT NULL,
  zone               TEXT NOT NULL,
  own_stock          INTEGER NOT NULL,
  authorized_is_paid INTEGER NOT NULL,
  demo               INTEGER NOT NULL
) STRICT;

-- What lists, filters and sorting need. Everything else about an order is in docs.
CREATE TABLE orders (
  id              INTEGER PRIMARY KEY,           -- dense, below 2^27, never used twice
  shop            INTEGER NOT NULL REFERENCES shops (id),
  external_id     TEXT NOT NULL,
  hash            INTEGER NOT NULL,              -- of the order as it came
  last_seen       INTEGER NOT NULL,
  first_seen      INTEGER NOT NULL,
  created         INTEGER NOT NULL,
  updated         INTEGER NOT NULL,
  bucket          INTEGER NOT NULL,              -- the stage, + 16 when archived
  side            INTEGER NOT NULL,              -- 1 in the refunds tab, 2 in the resent tab, 3 in both
  live            INTEGER,                       -- = bucket while the order is on its way, else NULL
  flags           INTEGER NOT NULL,              -- see flags.go
  payment         INTEGER NOT NULL,
  fulfilment      INTEGER NOT NULL,
  refund          INTEGER NOT NULL,
  claim           INTEGER NOT NULL,
  resend          INTEGER NOT NULL,
  lifecycle       INTEGER NOT NULL,
  supplier_paid   INTEGER NOT NULL,
  hold            INTEGER NOT NULL,
  hold_until      INTEGER,
  late_at         INTEGER,                       -- late from then on
  exception_at    INTEGER,                       -- the earliest of its exceptions
  quantity        INTEGER NOT NULL,
  currency        TEXT NOT NULL,
  total           INTEGER NOT NULL,
  total_scaled    INTEGER NOT NULL,              -- in ten-thousandths, whatever the currency
  total_key       INTEGER NOT NULL,              -- what sorting by total sorts by
  cost_currency   TEXT NOT NULL,
  cost            INTEGER NOT NULL,
  cost_scaled     INTEGER NOT NULL,
  number          TEXT NOT NULL,
  number_key      TEXT NOT NULL,                 -- natural order
  customer        TEXT NOT NULL,
  customer_key    TEXT NOT NULL,                 -- folded
  names           TEXT NOT NULL,                 -- everybody's who is named; separated by U+001F
  email           TEXT NOT NULL,
  phone           TEXT NOT NULL,
  phones          TEXT NOT NULL,                 -- digits only; separated by U+001F
  country         TEXT NOT NULL,
  city            TEXT NOT NULL,
  items           TEXT NOT NULL,
  suppliers       TEXT NOT NULL,                 -- separated by U+001F
  tracking        TEXT NOT NULL,                 -- separated by U+001F
  tags            TEXT NOT NULL,                 -- separated by U+001F
  source          TEXT NOT NULL,
  payment_method  TEXT NOT NULL,
  shipping_method TEXT NOT NULL,
  notes           TEXT NOT NULL,                 -- separated by U+001F
  image_url       TEXT NOT NULL,
  fingerprint     TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX orders_external ON orders (shop, external_id);
CREATE INDEX orders_created ON orders (created, id, shop, bucket, side);
CREATE INDEX orders_bucket ON orders (bucket, created, id, shop);
CREATE INDEX orders_updated ON orders (updated, id, shop, bucket, side);
CREATE INDEX orders_total ON orders (total_key, id, shop, bucket, side);
CREATE INDEX orders_customer ON orders (customer_key, id, shop, bucket, side);
CREATE INDEX orders_number ON orders (number_key, id, shop, bucket, side);
CREATE INDEX orders_bucket_updated ON orders (bucket, updated, id, shop);
CREATE INDEX orders_bucket_number ON orders (bucket, number_key, id, shop);
CREATE INDEX orders_live_total ON orders (live, total_key, id, shop) WHERE live IS NOT NULL;
CREATE INDEX orders_live_customer ON orders (live, customer_key, id, shop) WHERE live IS NOT NULL;
CREATE INDEX orders_side ON orders (created, id, shop, bucket, side) WHERE side <> 0;
CREATE INDEX orders_side_updated ON orders (updated, id, shop, bucket, side) WHERE side <> 0;
CREATE INDEX orders_side_number ON orders (number_key, id, shop, bucket, side) WHERE side <> 0;
CREATE INDEX orders_late ON orders (late_at) WHERE late_at IS NOT NULL;
CREATE INDEX orders_exception ON orders (exception_at) WHERE exception_at IS NOT NULL;
CREATE INDEX orders_hold ON orders (hold) WHERE hold <> 0;
CREATE INDEX orders_tracking ON orders (tracking) WHERE tracking <> '';
CREATE INDEX orders_unseen ON orders (id) WHERE flags & 8 <> 0;

-- The normalized order as packed JSON, and the platform's raw answer, packed too; see codec.go.
CREATE TABLE docs (
  order_id INTEGER PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
  doc      BLOB NOT NULL,
  raw      BLOB
) STRICT;

CREATE TABLE products (
  id   INTEGER PRIMARY KEY,
  shop INTEGER NOT NULL REFERENCES shops (id),
  key  TEXT NOT NULL,                            -- order.Line.ProductKey
  UNIQUE (shop, key)
) STRICT;

CREATE TABLE lines (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  n        INTEGER NOT NULL,
  product  INTEGER NOT NULL REFERENCES products (id),
  sku      TEXT NOT NULL,
  title    TEXT NOT NULL,
  variant  TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  price    INTEGER NOT NULL,
  total    INTEGER NOT NULL,
  PRIMARY KEY (order_id, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX lines_product ON lines (product, order_id);

CREATE TABLE exceptions (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  n        INTEGER NOT NULL,                     -- 100 and more: found across orders
  code     INTEGER NOT NULL,
  at       INTEGER NOT NULL,                     -- holds from then on; 0 = always
  text     TEXT NOT NULL,                        -- only of those found across orders
  other    INTEGER,                              -- the order that it is shared with, of those found across orders
  PRIMARY KEY (order_id, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX exceptions_other ON exceptions (other) WHERE other IS NOT NULL;

-- Links and placements name the order and the store in words: they may come before either.
CREATE TABLE links (
  store    TEXT NOT NULL,
  key      TEXT NOT NULL,
  supplier TEXT NOT NULL,
  doc      TEXT NOT NULL,
  PRIMARY KEY (store, key, supplier)
) STRICT, WITHOUT ROWID;

-- With a rowid: the rows are wider than a quarter of a page, and without one each would spill into a page of its own.
CREATE TABLE placements (
  reference   TEXT PRIMARY KEY,
  store       TEXT NOT NULL,
  external_id TEXT NOT NULL,
  supplier    TEXT NOT NULL,
  state       INTEGER NOT NULL,
  doc         BLOB NOT NULL
) STRICT;

CREATE INDEX placements_order ON placements (store, external_id);

-- Products whose link has changed and whose orders have not all been derived anew yet.
CREATE TABLE rederive (
  product     INTEGER PRIMARY KEY,
  after_order INTEGER NOT NULL,
  who         TEXT NOT NULL
) STRICT;

CREATE TABLE intents (
  id       INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  kind     TEXT NOT NULL,
  value    TEXT NOT NULL,
  who      TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT;

CREATE INDEX intents_order ON intents (order_id);

CREATE TABLE journal (
  id       INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  at       INTEGER NOT NULL,
  who      TEXT NOT NULL,
  field    TEXT NOT NULL,
  before   TEXT NOT NULL,
  after    TEXT NOT NULL
) STRICT;

CREATE INDEX journal_order ON journal (order_id);

CREATE TABLE cursors (
  shop   TEXT NOT NULL,
  stream TEXT NOT NULL,
  cursor BLOB NOT NULL,
  PRIMARY KEY (shop, stream)
) STRICT, WITHOUT ROWID;

-- How many orders stand where: key is a stage, or 100 for the refunds tab, 101 for the resent tab.
CREATE TABLE counters (
  shop     INTEGER NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  key      INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY (shop, key, archived)
) STRICT, WITHOUT ROWID;

CREATE TABLE skips (
  shop        INTEGER NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
  external_id TEXT NOT NULL,
  number      TEXT NOT NULL,
  reason      TEXT NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (shop, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_states (
  shop TEXT PRIMARY KEY,
  doc  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_requests (
  shop TEXT PRIMARY KEY,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The search index. Its rowid is the time of the order in steps of 65.536 s, then the order's id in 27 bits, so that the
-- newest come out first; see search.go. Words are folded and split before they get here.
CREATE VIRTUAL TABLE fts USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '1 2 3 4 5'
);
INSERT INTO fts (fts, rank) VALUES ('automerge', 0), ('crisismerge', 64), ('usermerge', 8), ('hashsize', 4194304);
CREATE VIRTUAL TABLE fts_words USING fts5vocab (fts, instance);
