// Package sqlite keeps rows in one SQLite file, shoal.db in the data directory.
//
// What it is: a body of the rooms' rows (today server/channel's), in pure Go, over database/sql. Queries keep to what
// PostgreSQL also takes: $1 parameters, TEXT, BIGINT and binary columns, times as milliseconds since 1970.
// Who calls it: the command line, for serving and for adding channels; both may run at once.
// What it owns: the file, its schema, one connection that writes and a few that read.
// What it will never do: hold a rule of a room; answer a write before it is on disk.
//
// Durability: WAL with synchronous=FULL on the writing connection. Every commit waits for fsync, so an epoch that
// NextEpoch returned survives a power cut. Writes are rare (a channel, an epoch), so there is nothing to save by less.
//
// Migrations: schema/NNNN_*.sql, embedded, applied in order inside one immediate transaction together with the version
// (PRAGMA user_version). That transaction is why no library does it: two processes that start at once on a new
// directory are a normal case here (serve, and channel add), and a migrator which looks at the version in one
// transaction and changes the schema in another lets the second of them fail. An older program refuses a newer file.
package sqlite
