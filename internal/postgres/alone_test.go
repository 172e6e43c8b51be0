package postgres_test

import (
	"context"
	"errors"
	"testing"

	"clicarity/internal/postgres/pgtest"
)

// What is to be done alone is done by one at a time, and whoever lost the lock hears of it.
func TestAloneIsAlone(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	one, other := pgtest.Open(t, url), pgtest.Open(t, url)
	failed := errors.New("failed")
	done, err := one.Alone(t.Context(), "sweeping", func(ctx context.Context, still func(context.Context) error) error {
		if done, err := other.Alone(ctx, "sweeping", func(context.Context, func(context.Context) error) error { return failed }); done || err != nil {
			t.Errorf("two at once: %t %v", done, err)
		}
		if done, err := other.Alone(ctx, "washing", func(context.Context, func(context.Context) error) error { return failed }); !done || !errors.Is(err, failed) {
			t.Errorf("another thing waits: %t %v", done, err)
		}
		if err := still(ctx); err != nil {
			t.Error(err)
		}
		sql := "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"
		if _, err := pgtest.Owner(t, url).Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		return still(ctx)
	})
	if !done || err == nil {
		t.Errorf("the lock was lost and nobody heard of it: %t %v", done, err)
	}
	for range 2 { // the lock is free again each time
		if done, err := one.Alone(t.Context(), "sweeping", func(context.Context, func(context.Context) error) error { return nil }); !done || err != nil {
			t.Errorf("%t %v", done, err)
		}
	}
}
