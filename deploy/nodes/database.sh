#!/bin/sh
# Starts the database node NAME in Docker. A node without data copies the node COPY_OF and becomes its standby. If
# COPY_OF is empty, the node initializes a new database and becomes the primary.
set -eu

if [ -n "$COPY_OF" ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    # Without waiting, the first `docker compose up` fails, because pg_basebackup fails until the primary answers.
    until pg_isready --quiet --host "$COPY_OF"; do sleep 1; done
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    PGPASSWORD="$POSTGRES_PASSWORD" gosu postgres pg_basebackup --host "$COPY_OF" --username replicator \
        --pgdata "$PGDATA" --write-recovery-conf --checkpoint fast
fi

exec docker-entrypoint.sh postgres -c "cluster_name=$NAME" \
    -c config_file=/etc/cinema/postgresql.conf -c hba_file=/etc/cinema/pg_hba.conf
