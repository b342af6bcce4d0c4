-- The role that the functions enter as: with an IAM token only, since it has no password.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'payments_app') THEN
        CREATE ROLE payments_app LOGIN NOCREATEDB NOCREATEROLE NOINHERIT;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO payments_app;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO payments_app', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO payments_app;

-- Kept with the role and not sent by each connection: a proxy would pin a connection that sets them.
ALTER ROLE payments_app SET statement_timeout = '5s';
ALTER ROLE payments_app SET lock_timeout = '3s';
ALTER ROLE payments_app SET idle_in_transaction_session_timeout = '10s';
