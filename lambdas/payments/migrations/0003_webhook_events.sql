-- The provider's own events that had an effect or could have had one: each counts once. Without a
-- foreign key: it would lock the payment for less than the decision does, and two events of one
-- payment would wait for each other.
CREATE TABLE ledger.webhook_events (
    event_id text PRIMARY KEY,
    event_type text NOT NULL,
    order_id text NOT NULL,
    heard_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_events_by_age ON ledger.webhook_events (heard_at);

GRANT SELECT, INSERT, DELETE ON ledger.webhook_events TO payments_app;
