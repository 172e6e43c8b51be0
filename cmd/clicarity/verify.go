package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"clicarity/internal/postgres"
	"clicarity/internal/trail"
)

// verify checks an organisation's history and its audit log, or a file that the audit log was exported to; the first fault is
// its error.
func verify(ctx context.Context, e env, args []string) error {
	var slug, file, key string
	rest, err := flags(e, "verify", args, func(f *flag.FlagSet) {
		f.StringVar(&slug, "org", "", "the organisation's short name")
		f.StringVar(&file, "audit", "", "check an exported audit log: this file alone, without the database")
		f.StringVar(&key, "key", "", "with --audit: the fingerprint of the key that it must be signed with, as the audit page shows it")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0, file != "" && slug != "", key != "" && file == "":
		return errors.New("write: clicarity verify --org SLUG, or clicarity verify --audit FILE [--key FINGERPRINT]")
	case file != "":
		return verifyFile(e, file, key)
	}
	return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
		v, err := h.Verify(ctx, o.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "sound: %d movements in one unbroken chain; %d jobs are what their movements add up to; %d entries of the audit log in one unbroken chain\n",
			v.Movements, v.Jobs, v.Entries)
		if err == nil && v.Redacted+v.Erased > 0 {
			_, err = fmt.Fprintf(e.out, "%d movements had names taken out and %d signatures were erased, each as the audit log says\n", v.Redacted, v.Erased)
		}
		return err
	})
}

func verifyFile(e env, name, key string) error {
	file, err := os.Open(name) //nolint:gosec // whoever runs the program names it
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	c, err := trail.Check(file, key)
	if err != nil {
		return fmt.Errorf("%s is not sound: %w", name, err)
	}
	signed := "signed with the key " + c.Fingerprint
	if key == "" {
		signed += " (compare it with the one that the audit page shows, or give it with --key)"
	}
	_, err = fmt.Fprintf(e.out, "OK: %d entries, %d to %d, of organisation %s, in one unbroken chain up to the head; %s\n",
		c.Entries, c.From, c.Head, c.Organisation, signed)
	return err
}
