package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/web"
	"clicarity/internal/worker"
)

func org(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: clicarity org add SLUG --name NAME --owner EMAIL, org list, org export, org close or org reopen")
	}
	switch args[0] {
	case "add":
		return orgAdd(ctx, e, args[1:])
	case "list":
		return orgList(ctx, e)
	case "close":
		return orgClose(ctx, e, args[1:])
	case "reopen":
		return orgReopen(ctx, e, args[1:])
	case "export":
		return orgExport(ctx, e, args[1:])
	}
	return fmt.Errorf("there is no command org %q", args[0])
}

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,40}$`)

func orgAdd(ctx context.Context, e env, args []string) error {
	var name, owner string
	rest, err := flags(e, "org add", args, func(f *flag.FlagSet) {
		f.StringVar(&name, "name", "", "the company's name")
		f.StringVar(&owner, "owner", "", "e-mail address of the first owner")
	})
	if err != nil {
		return err
	}
	address, mailErr := mail.ParseAddress(owner)
	switch {
	case len(rest) != 1 || !slugForm.MatchString(rest[0]):
		return errors.New("give the organisation a short name of small letters, digits and dashes: clicarity org add sahyadri-print --name NAME --owner EMAIL")
	case strings.TrimSpace(name) == "":
		return errors.New("give the company's name: --name \"Sahyadri Print & Pack\"")
	case mailErr != nil:
		return errors.New("give the first owner's e-mail address: --owner name@company.example")
	}
	return withHouse(ctx, e, func(h *house) error { return addOrg(ctx, e, h, rest[0], name, address.Address) })
}

func addOrg(ctx context.Context, e env, h *house, slug, name, owner string) error {
	now := time.Now()
	var ids [3]flow.ID
	for i := range ids {
		var err error
		if ids[i], err = flow.NewID(flow.At(now), rand.Reader); err != nil {
			return err
		}
	}
	password, err := newPassword()
	if err != nil {
		return err
	}
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	o := postgres.Organisation{ID: ids[0], Slug: slug, Name: strings.TrimSpace(name), Created: now}
	m := postgres.Member{ID: ids[1], Name: strings.Split(owner, "@")[0], Role: flow.Owner, PasswordHash: hash, Logins: []string{web.NormalLogin(owner)}, Created: now}
	err = h.AddOrganisation(ctx, o, m)
	if postgres.IsTaken(err) {
		return fmt.Errorf("there is an organisation %q already; choose another short name", slug)
	}
	if err != nil {
		return err
	}
	if err := h.AddProcess(ctx, o.ID, flow.Starter(ids[2])); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%s is set up.\nThe owner logs in with %s and the password %s\nThe password is not shown again.\n", o.Name, owner, password)
	return err
}

// orgList says which organisations there are, how large they are and how they fare. Whoever runs the service sees figures,
// never what is in an organisation.
func orgList(ctx context.Context, e env) error {
	return withHouse(ctx, e, func(h *house) error {
		all, err := h.Organisations(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "SHORT NAME\tNAME\tJOBS OPEN/ALL\tMOVEMENTS\tCHECKED\tAUDIT\tCHECKED\tPEOPLE\tPICTURES\tLAST MOVEMENT")
		for _, o := range all {
			s, err := h.SizeOf(ctx, o.ID, worker.Checker)
			if err != nil {
				return err
			}
			last := "never"
			if !s.Last.IsZero() {
				last = s.Last.UTC().Format("2006-01-02 15:04 UTC")
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%d/%d\t%d\t%d\t%d\t%d\t%d\t%.1f MB\t%s\n", o.Slug, o.Name, s.Open, s.Jobs, s.Movements, s.Checked,
				s.Entries, s.EntriesChecked, s.People, float64(s.Pictures)/(1<<20), last)
		}
		return w.Flush()
	})
}
