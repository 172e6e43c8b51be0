package postgres

import (
	"context"
	"errors"
	"fmt"
)

// Alone does something for the installation while no other server or command does what has the same name, and says whether it was
// done: not when another is at it. still fails when the database has let go of the lock, so that another may have begun.
func (db *DB) Alone(ctx context.Context, name string, do func(ctx context.Context, still func(context.Context) error) error) (done bool, err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	const key = "(hashtextextended('alone ' || $1, 0))"
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock"+key, name).Scan(&done); err != nil || !done {
		return false, err
	}
	still := func(ctx context.Context) error {
		if _, err := conn.Exec(ctx, "select 1"); err != nil {
			return fmt.Errorf("the database may have let somebody else begin: %w", err)
		}
		return nil
	}
	err = do(ctx, still)
	rest := context.WithoutCancel(ctx)
	if _, failed := conn.Exec(rest, "select pg_advisory_unlock"+key, name); failed != nil {
		err = errors.Join(err, conn.Conn().Close(rest)) // which lets go of it too
	}
	return true, err
}
