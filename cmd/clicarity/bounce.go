package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"clicarity/internal/postgres"
	"clicarity/internal/smtp"
)

// bounce notes what a mail server reports about a mail that it could not deliver. It is meant for the pipe of the mail
// server's alias: a report that is none of ours is said and is no failure, so that it does not bounce in turn.
func bounce(ctx context.Context, e env, args []string) error {
	rest, err := flags(e, "bounce", args, func(*flag.FlagSet) {})
	switch {
	case err != nil:
		return err
	case len(rest) > 1:
		return errors.New("write: clicarity bounce FILE, or clicarity bounce < FILE")
	case e.mail == nil:
		return errors.New("set CLICARITY_SMTP and CLICARITY_MAIL_FROM: only mails sent in that name come back")
	}
	in := io.Reader(os.Stdin)
	if len(rest) == 1 {
		f, err := os.Open(rest[0])
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it is only read
		in = f
	}
	b, err := smtp.ReadBounce(in, e.mail.Domain())
	if errors.Is(err, smtp.ErrNoReport) {
		_, err = fmt.Fprintln(e.err, "nothing noted:", err)
		return err
	}
	if err != nil || !b.Failed { // late: the server tries on
		return err
	}
	return withHouse(ctx, e, func(h *house) error {
		err := h.MailBounced(ctx, b.Org, postgres.Bounce{Number: b.Number, Status: b.Status, Hard: b.Hard(), At: time.Now()})
		if errors.Is(err, postgres.ErrNotFound) {
			_, err = fmt.Fprintln(e.err, "nothing noted: there is no such mail")
		}
		return err
	})
}
