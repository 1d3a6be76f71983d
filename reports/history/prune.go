package history

import (
	"context"
	"database/sql"
	"time"
)

// Pruned counts what Prune took away.
type Pruned struct {
	Runs      int `json:"runs"`
	Findings  int `json:"findings"`
	Resources int `json:"resources"`
}

// Prune takes away the runs that started before a time, what was closed or gone before it,
// and the space that they took. What is open stays, however old. Of the newest keepRuns runs
// none goes. Safe to call twice.
func (h *History) Prune(ctx context.Context, before time.Time, keepRuns int) (Pruned, error) {
	var p Pruned
	err := h.transaction(ctx, "prune", func(tx *sql.Tx) error {
		at := before.Unix()
		if keepRuns > 0 {
			var oldest sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(started) FROM (SELECT started FROM runs ORDER BY started DESC, id DESC LIMIT ?)", keepRuns).Scan(&oldest)
			if err != nil {
				return err
			}
			if oldest.Valid {
				at = min(at, oldest.Int64)
			}
		}
		for _, step := range []struct {
			gone  *int
			query string
		}{
			{&p.Runs, "DELETE FROM runs WHERE started < ?"},
			{&p.Findings, "DELETE FROM findings WHERE closed < ?"},
			{&p.Resources, "DELETE FROM resources WHERE gone < ?"},
		} {
			done, err := tx.ExecContext(ctx, step.query, at)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			*step.gone = int(n)
		}
		return nil
	})
	if err != nil || p == (Pruned{}) {
		return p, err
	}
	if _, err := h.db.ExecContext(ctx, "VACUUM"); err != nil {
		return p, h.failed("give back the space of", err)
	}
	return p, nil
}
