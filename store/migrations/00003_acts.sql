-- Acts at stores: an intent knows the entry of the outbox that is to bring it about, and goes when that fails.

-- +goose Up

ALTER TABLE intents ADD COLUMN effect INTEGER NOT NULL DEFAULT 0; -- 0 = the desk's own
CREATE INDEX intents_effect ON intents (effect) WHERE effect <> 0;
