"""Plain Python and in-memory ports: no network, no server, no process but the tools' own."""
