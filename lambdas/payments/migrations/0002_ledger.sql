-- Amounts are in minor units of the currency. payment_token is the provider's token, never a card.
CREATE TABLE ledger.payments (
    order_id text PRIMARY KEY,
    payment_id text NOT NULL UNIQUE,
    customer_id text NOT NULL,
    correlation_id text NOT NULL,
    provider_key text NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN (
        'PENDING', 'CHARGING', 'UNKNOWN', 'CAPTURED', 'DECLINED', 'CANCELLED',
        'REFUNDING', 'REFUNDED'
    )),
    amount bigint CHECK (amount >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    payment_token text,
    stock_reserved boolean NOT NULL,
    cancel_requested boolean NOT NULL,
    charge_attempts integer NOT NULL,
    charge_started_at timestamptz,
    claimed_at timestamptz,
    provider_reference text UNIQUE,
    decline_reason text,
    captured_at timestamptz,
    refunded_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT terms_are_known_together CHECK (num_nulls(amount, currency, payment_token) IN (0, 3)),
    CONSTRAINT charged_by_a_claim CHECK (
        status IN ('PENDING', 'CANCELLED')
        OR (amount IS NOT NULL AND charge_started_at IS NOT NULL AND claimed_at IS NOT NULL)
    ),
    CONSTRAINT captured_with_reference CHECK (
        status NOT IN ('CAPTURED', 'REFUNDING', 'REFUNDED')
        OR (provider_reference IS NOT NULL AND captured_at IS NOT NULL)
    ),
    CONSTRAINT declined_with_reason CHECK (status <> 'DECLINED' OR decline_reason IS NOT NULL),
    CONSTRAINT refunded_at_a_time CHECK ((status = 'REFUNDED') = (refunded_at IS NOT NULL))
);
CREATE INDEX payments_unsettled ON ledger.payments (claimed_at)
    WHERE status IN ('CHARGING', 'UNKNOWN', 'REFUNDING');

CREATE TABLE ledger.seen_events (
    event_id text PRIMARY KEY,
    order_id text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX seen_events_by_age ON ledger.seen_events (seen_at);

CREATE TABLE ledger.outbox (
    event_id text PRIMARY KEY,
    order_id text NOT NULL REFERENCES ledger.payments,
    envelope json NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL,
    published_at timestamptz
);
CREATE INDEX outbox_unpublished ON ledger.outbox (created_at, event_id) WHERE published_at IS NULL;
CREATE INDEX outbox_by_age ON ledger.outbox (published_at) WHERE published_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON ledger.payments TO payments_app;
GRANT SELECT, INSERT, DELETE ON ledger.seen_events TO payments_app;
GRANT SELECT, INSERT, DELETE, UPDATE (published_at) ON ledger.outbox TO payments_app;
