package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"shoal/id"
	"shoal/server/channel"
)

var _ channel.Rows = (*Store)(nil)

const channelColumns = "id, name, key_hash, sealed, created_ms, settings, on_air"

// AddChannel is of channel.Rows.
func (s *Store) AddChannel(ctx context.Context, row channel.Row, limit int) error {
	result, err := s.write.ExecContext(ctx, `
		INSERT INTO channels (id, name, key_hash, sealed, created_ms, settings)
		SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM channels) < $7`,
		row.ID[:], string(row.Name), row.KeyHash[:], row.Sealed, row.Created.UnixMilli(), row.Settings, limit)
	if isConstraint(err) {
		return channel.ErrTaken
	}
	return oneRow(result, err, channel.ErrFull)
}

// FindChannel is of channel.Rows.
func (s *Store) FindChannel(ctx context.Context, q channel.Query) (channel.Row, error) {
	where, value := "id = $1", any(q.ID[:])
	switch {
	case q.Name != "":
		where, value = "name = $1", string(q.Name)
	case !q.KeyHash.IsZero():
		where, value = "key_hash = $1", q.KeyHash[:]
	}
	row, err := scanChannel(s.read.QueryRowContext(ctx, "SELECT "+channelColumns+" FROM channels WHERE "+where, value))
	if errors.Is(err, sql.ErrNoRows) {
		return channel.Row{}, channel.ErrNotFound
	}
	return row, err
}

// ListChannels is of channel.Rows.
func (s *Store) ListChannels(ctx context.Context) ([]channel.Row, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+channelColumns+" FROM channels ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []channel.Row
	for rows.Next() {
		row, err := scanChannel(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// SetKeyHash is of channel.Rows.
func (s *Store) SetKeyHash(ctx context.Context, ch id.Channel, hash id.Digest) error {
	result, err := s.write.ExecContext(ctx, "UPDATE channels SET key_hash = $2 WHERE id = $1", ch[:], hash[:])
	return oneRow(result, err, channel.ErrNotFound)
}

// SetSettings is of channel.Rows.
func (s *Store) SetSettings(ctx context.Context, ch id.Channel, was, settings string) error {
	result, err := s.write.ExecContext(ctx, "UPDATE channels SET settings = $3 WHERE id = $1 AND settings = $2", ch[:], was, settings)
	if err = oneRow(result, err, channel.ErrChanged); !errors.Is(err, channel.ErrChanged) {
		return err
	}
	if _, missing := s.FindChannel(ctx, channel.Query{ID: ch}); missing != nil {
		return missing
	}
	return err
}

// RemoveChannel is of channel.Rows.
func (s *Store) RemoveChannel(ctx context.Context, ch id.Channel) error {
	result, err := s.write.ExecContext(ctx, "DELETE FROM channels WHERE id = $1", ch[:])
	return oneRow(result, err, channel.ErrNotFound)
}

// SetOnAir is of channel.Rows.
func (s *Store) SetOnAir(ctx context.Context, ch id.Channel, on bool) error {
	value := 0
	if on {
		value = 1
	}
	result, err := s.write.ExecContext(ctx, "UPDATE channels SET on_air = $2 WHERE id = $1", ch[:], value)
	return oneRow(result, err, channel.ErrNotFound)
}

// NextEpoch is of channel.Rows.
func (s *Store) NextEpoch(ctx context.Context, ch id.Channel) (uint64, error) {
	// A transaction of its own, because RETURNING alone would hand the number out before the commit.
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	var epoch int64
	err = tx.QueryRowContext(ctx, "UPDATE channels SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch", ch[:]).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, channel.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	return uint64(epoch), tx.Commit()
}

type scanner interface{ Scan(...any) error }

func scanChannel(r scanner) (channel.Row, error) {
	var row channel.Row
	var ch, hash []byte
	var created, onAir int64
	if err := r.Scan(&ch, &row.Name, &hash, &row.Sealed, &created, &row.Settings, &onAir); err != nil {
		return channel.Row{}, err
	}
	if len(ch) != len(row.ID) || len(hash) != len(row.KeyHash) {
		return channel.Row{}, errors.New("database: a channel's id or key hash has the wrong length")
	}
	row.OnAir = onAir != 0
	row.ID, row.KeyHash, row.Created = id.Channel(ch), id.Digest(hash), time.UnixMilli(created).UTC()
	return row, nil
}

// oneRow returns none if the statement changed nothing.
func oneRow(result sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return none
	}
	return err
}

func isConstraint(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code()&0xff == sqlitelib.SQLITE_CONSTRAINT
}
