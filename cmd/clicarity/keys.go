package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/postgres"
)

// keysCommand looks after the keys that secrets and files are sealed with.
func keysCommand(ctx context.Context, e env, args []string) error {
	var slug string
	rest, err := flags(e, "keys", args, func(f *flag.FlagSet) { f.StringVar(&slug, "org", "", "short name of the organisation") })
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("write: clicarity keys list, clicarity keys rotate-master, or clicarity keys rotate --org SLUG")
	}
	switch rest[0] {
	case "list":
		return withHouse(ctx, e, func(h *house) error { return listKeys(ctx, e, h) })
	case "rotate-master":
		return withHouse(ctx, e, func(h *house) error { return rotateMaster(ctx, e, h) })
	case "rotate":
		return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
			version, err := h.RotateKey(ctx, o.ID, time.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.out, "%s seals with version %d of its key from now on. The running server seals what was sealed before anew, within the next hours.\n", o.Slug, version)
			return err
		})
	}
	return fmt.Errorf("there is no clicarity keys %s; write list, rotate-master or rotate", rest[0])
}

func listKeys(ctx context.Context, e env, h *house) error {
	orgs, err := h.Organisations(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 3, ' ', 0)
	for _, o := range append([]postgres.Organisation{{ID: flow.ID{}, Slug: "(the installation)"}}, orgs...) {
		list, err := h.KeyVersions(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, k := range list {
			_, _ = fmt.Fprintf(w, "%s\tversion %d\tof %s\twrapped with %s\t%s\n", o.Slug, k.Version, k.Made.Format("2006-01-02"), k.Master, keyState(k))
		}
	}
	return w.Flush()
}

func keyState(k postgres.KeyVersion) string {
	switch {
	case !k.Retired.IsZero():
		return "retired, until all is sealed with the next"
	case k.Kind == "data" && !k.Swept:
		return "in use; what was sealed before is looked for"
	}
	return "in use"
}

// rotateMaster puts a new master key in the place of the one before: one that it makes, in the file of the data
// directory, or the first of those it was given.
func rotateMaster(ctx context.Context, e env, h *house) error {
	inFile := e.key == "" && e.keyCommand == ""
	if inFile {
		if err := keys.AddToFile(e.keyFile()); err != nil {
			return err
		}
	} else if err := e.hasTwo(); err != nil {
		return err
	}
	n, err := h.RewrapKeys(ctx)
	if err != nil {
		return fmt.Errorf("not all keys are wrapped with the new master key; the old one still counts, run this again: %w", err)
	}
	if n, err = h.rewrapBackups(ctx, n); err != nil {
		return fmt.Errorf("not all backups are wrapped with the new master key; the old one still counts, run this again: %w", err)
	}
	if inFile {
		if err := keys.KeepNewestInFile(e.keyFile()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "%d keys are wrapped with a new master key, which is in %s. Put it in the backup, apart from the data.\n", n, e.keyFile())
		return err
	}
	_, err = fmt.Fprintf(e.out, "%d keys were wrapped with the first master key. No key needs the others any more.\n", n)
	return err
}

// hasTwo says what to do when there is nothing to rotate to.
func (c config) hasTwo() error {
	ring, err := c.masters()
	if err != nil {
		return err
	}
	all, err := ring.Masters()
	if err == nil && len(all) < 2 && c.keyCommand == "" {
		err = errors.New("give the new master key before the old one, with a space between them: CLICARITY_KEY=\"NEW OLD\" (openssl rand -base64 32 makes one); restart the server with both, then run this again")
	}
	return err
}
