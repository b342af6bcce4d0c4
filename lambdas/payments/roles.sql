-- The ledger's roles, made by the master user before the schema is migrated; running it again
-- changes nothing. payments_migrator owns the schema and enters with an IAM token, payments_app
-- (migration 0001) uses it. The master user is needed for neither.
DO $$
DECLARE
    relation record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'payments_migrator') THEN
        CREATE ROLE payments_migrator LOGIN NOCREATEDB NOCREATEROLE NOINHERIT;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO payments_migrator;
    END IF;
    -- Whoever hands a schema over must be a member of its new owner; and code from before this role
    -- migrates as the master user, should a release be taken back.
    GRANT payments_migrator TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO payments_migrator', current_database());

    IF (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'ledger')
        <> 'payments_migrator' THEN
        ALTER SCHEMA ledger OWNER TO payments_migrator;
    END IF;
    FOR relation IN
        SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
            AND relowner <> 'payments_migrator'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO payments_migrator', relation.name);
    END LOOP;
END
$$;

ALTER ROLE payments_migrator SET lock_timeout = '30s';
ALTER ROLE payments_migrator SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE payments_migrator CONNECTION LIMIT 4;
