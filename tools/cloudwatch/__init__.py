"""CloudWatch's evaluation of alarms as pure code: no clock, no network, no AWS."""
