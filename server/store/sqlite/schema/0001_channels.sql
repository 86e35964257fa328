CREATE TABLE channels (
    id         BLOB   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    key_hash   BLOB   NOT NULL UNIQUE,
    sealed     BLOB   NOT NULL,
    epoch      BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL
);
