package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"clicarity/internal/evidence"
	"clicarity/internal/postgres"
	"clicarity/internal/trail"
)

// verify checks an organisation's history and its audit log, or a file that the audit log was exported to; the first fault is
// its error.
func verify(ctx context.Context, e env, args []string) error {
	var slug, file, export, certificate, shown, key string
	rest, err := flags(e, "verify", args, func(f *flag.FlagSet) {
		f.StringVar(&slug, "org", "", "the organisation's short name")
		f.StringVar(&file, "audit", "", "check an exported audit log: this file alone, without the database")
		f.StringVar(&export, "export", "", "check an export of everything: this file alone")
		f.StringVar(&certificate, "certificate", "", "check a certificate of deletion: this file alone")
		f.StringVar(&shown, "evidence", "", "check a file of evidence: this file alone")
		f.StringVar(&key, "key", "", "with --audit, --export or --certificate: the fingerprint of the key that it must be signed with, as the audit page shows it")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0, given(slug, file, export, certificate, shown) > 1, key != "" && file+export+certificate == "":
		return errors.New("write: clicarity verify --org SLUG, or clicarity verify --audit FILE (or --export, or --certificate) [--key FINGERPRINT], or clicarity verify --evidence FILE")
	case file != "":
		return verifyFile(e, file, key)
	case export != "":
		return verifyExport(e, export, key)
	case certificate != "":
		return verifyCertificate(e, certificate, key)
	case shown != "":
		return verifyEvidence(e, shown)
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

// given is how many of several texts are.
func given(texts ...string) (n int) {
	for _, text := range texts {
		if text != "" {
			n++
		}
	}
	return n
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
	_, err = fmt.Fprintf(e.out, "OK: %d entries, %d to %d, of organisation %s, in one unbroken chain up to the head; %s\n",
		c.Entries, c.From, c.Head, c.Organisation, signedWith(c.Fingerprint, key))
	return err
}

func verifyEvidence(e env, name string) error {
	file, err := os.ReadFile(name) //nolint:gosec // whoever runs the program names it
	if err != nil {
		return err
	}
	n, err := evidence.Check(file)
	if err != nil {
		return fmt.Errorf("%s is not sound: %w", name, err)
	}
	_, err = fmt.Fprintf(e.out, "OK: each of %d controls has evidence, or the word that there is none, and every table is what the index says\n", n)
	return err
}
