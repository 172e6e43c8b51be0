package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"clicarity/internal/demo"
)

func makeDemo(ctx context.Context, e env, _ []string) error {
	return withHouse(ctx, e, func(h *house) error {
		if err := demoLogins(ctx, e, h); err != nil {
			return err
		}
		url := e.public
		if url == "" {
			url = "http://" + e.addr
		}
		_, err := fmt.Fprintf(e.out, "\nThe address is %s   (clicarity serve opens it)\n", url)
		return err
	})
}

// asDemo is the program run by an operator of the demo's own, so that the public site, its inbox and what else belongs to whoever
// runs a service are there to be looked at. Where a file names an operator it is that one, and where anybody beside the demo
// factory is at home nobody's name is made up.
func (e env) asDemo(ctx context.Context, h *house) (env, error) {
	if e.operated {
		return e, nil
	}
	all, err := h.Organisations(ctx)
	if err != nil || !demo.Only(all) {
		return e, err
	}
	e.operator = demo.Operator()
	return e, nil
}

// demoLogins makes the demo factory when it is not there and prints its log-ins. They are kept beside the data, for
// the next time: this is a factory that does not exist.
func demoLogins(ctx context.Context, e env, h *house) error {
	kept := filepath.Join(e.data, "demo-logins.json")
	began := time.Now()
	made, err := demo.Make(ctx, h.DB, began, 1, hashPassword)
	if errors.Is(err, demo.ErrExists) {
		return againLogins(e, kept)
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.data, 0o755); err != nil { //nolint:gosec // the database's own folder inside is 0700
		return err
	}
	if err := os.WriteFile(kept, text, 0o600); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(e.out, "Made %s in %.1f s: %d jobs, %d movements.\n", made.Name, time.Since(began).Seconds(), made.Jobs, made.Movements)
	return printLogins(e, made)
}

func againLogins(e env, kept string) error {
	var made demo.Result
	text, err := os.ReadFile(kept)
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err != nil {
		_, err = fmt.Fprintf(e.out, "A demo factory is there already, but its log-ins are not in %s.\nIf making it was interrupted, begin afresh with another data directory: CLICARITY_DATA=...\n", kept)
		return err
	}
	return printLogins(e, made)
}

func printLogins(e env, made demo.Result) error {
	w := tabwriter.NewWriter(e.out, 0, 4, 3, ' ', 0)
	_, _ = fmt.Fprintf(w, "\nLog in to %s as\n", made.Name)
	for _, l := range made.Logins {
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", l.Role, l.Name, l.Login, l.Password, l.Does)
	}
	return w.Flush()
}
