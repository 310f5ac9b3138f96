-- Run this once on the first primary, as its superuser, with POSTGRES_PASSWORD in the environment.
-- `local`, because a COMMIT would otherwise wait for the standby, which does not exist yet.
SET synchronous_commit = local;
\getenv password POSTGRES_PASSWORD
CREATE ROLE cinema LOGIN PASSWORD :'password';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'password';
CREATE DATABASE cinema OWNER cinema;
