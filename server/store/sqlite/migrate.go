package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed schema/*.sql
var schema embed.FS

// migrate applies the steps that the file has not seen. All of it is one transaction that holds the write lock from
// its first statement on: another process waits, and then finds nothing to do.
func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Glob(schema, "schema/*.sql") // sorted: step n is file n
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("made by a newer shoal (schema %d, this one knows %d): use that version or restore a backup", version, len(steps))
	}
	for i := version; i < len(steps); i++ {
		text, err := schema.ReadFile(steps[i])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", steps[i], err)
		}
	}
	if version < len(steps) {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
			return err
		}
	}
	return tx.Commit()
}
