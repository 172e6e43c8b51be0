package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"clicarity/internal/postgres"
)

// rollups checks the roll-ups that the Analytics pages read against the log, or makes them anew.
func rollups(ctx context.Context, e env, args []string) error {
	usage := errors.New("write: clicarity rollups check --org SLUG, or clicarity rollups rebuild --org SLUG")
	if len(args) == 0 {
		return usage
	}
	var slug string
	rest, err := flags(e, "rollups "+args[0], args[1:], func(f *flag.FlagSet) {
		f.StringVar(&slug, "org", "", "the organisation's short name")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usage
	}
	switch args[0] {
	case "check":
		return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error { return checkRollUps(ctx, e, h, o) })
	case "rebuild":
		return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
			if err := h.RebuildRollUps(ctx, o, func(int) {}); err != nil {
				return err
			}
			return checkRollUps(ctx, e, h, o)
		})
	}
	return usage
}

func checkRollUps(ctx context.Context, e env, h *house, o postgres.Organisation) error {
	c, err := h.CheckRollUps(ctx, o)
	if err != nil {
		return err
	}
	if !c.Equal() {
		for _, d := range c.Differences {
			_, _ = fmt.Fprintln(e.out, d)
		}
		return fmt.Errorf("the roll-ups differ from the log in %d places; clicarity rollups rebuild makes them anew", len(c.Differences)+c.More)
	}
	_, err = fmt.Fprintf(e.out, "equal: %d facts of %d jobs and %d rows of daily sums are what movements 1 to %d add up to (the log ends at %d)\n",
		c.Facts, c.Jobs, c.Rows, c.Seq, c.Head)
	return err
}
