#!/bin/sh
# Starts a database node in Docker, as NAME. One that has no data copies those of COPY_OF, and follows it from then
# on; where that is empty, it begins anew, as the primary.
set -eu

if [ -n "$COPY_OF" ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    PGPASSWORD="$POSTGRES_PASSWORD" gosu postgres pg_basebackup --host "$COPY_OF" --username replicator \
        --pgdata "$PGDATA" --write-recovery-conf --checkpoint fast
fi

exec docker-entrypoint.sh postgres -c "cluster_name=$NAME" \
    -c config_file=/etc/cinema/postgresql.conf -c hba_file=/etc/cinema/pg_hba.conf
