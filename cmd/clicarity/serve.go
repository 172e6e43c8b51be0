package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"clicarity/internal/api"
	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/live"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/site"
	uses "clicarity/internal/usage"
	"clicarity/internal/web"
	"clicarity/internal/worker"
)

func serve(ctx context.Context, e env, args []string) error {
	var withDemo bool
	if _, err := flags(e, "serve", args, func(f *flag.FlagSet) {
		f.BoolVar(&withDemo, "demo", false, "make the demo factory when it is not there")
	}); err != nil {
		return err
	}
	if err := e.mayServe(); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.addr)
	if err != nil {
		return fmt.Errorf("cannot serve on %s: %w; set CLICARITY_ADDR to another address", e.addr, err)
	}
	h, err := openHouse(ctx, e, true)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if withDemo {
		err := demoLogins(ctx, e, h)
		if err == nil {
			e, err = e.asDemo(ctx, h)
		}
		if err != nil {
			return errors.Join(err, listener.Close(), h.close())
		}
	}
	_, _ = fmt.Fprintf(e.out, "\nClicarity is open at %s   (Ctrl-C stops it)\n", e.url(listener))
	if e.operator != (operator.Operator{}) {
		_, _ = fmt.Fprintf(e.out, "The public site of %s is at %s/\n", e.operator.Called(), cmp.Or(e.operator.Site, e.url(listener)+"/about"))
	}
	return errors.Join(serveUntil(ctx, e, h, listener), h.close())
}

// url is the address to tell people.
func (e env) url(l net.Listener) string {
	switch {
	case e.public != "":
		return e.public
	case e.door.tls():
		return "https://" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}

// mailer is what the worker sends mails with, nil without a mail server.
func (e env) mailer() worker.Mailer {
	if e.mail == nil {
		return nil
	}
	return e.mail
}

// gcPercent lets garbage grow to four times what is live before it is collected: what is live is small.
const gcPercent = 400

// leanMemory is how much memory the program means to stay within, in bytes, while what is live leaves it room.
const leanMemory = 220 << 20

// stayLean keeps garbage from growing past leanMemory, or past twice what is live where that is more: a limit that is too
// close to what is live would cost more than the memory is worth. Whoever sets GOMEMLIMIT has their own.
func stayLean(ctx context.Context) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	look := time.NewTicker(5 * time.Second)
	defer look.Stop()
	for {
		limit := int64(leanMemory)
		if metrics.Read(live); live[0].Value.Kind() == metrics.KindUint64 {
			limit = max(limit, 2*int64(live[0].Value.Uint64())) //nolint:gosec // of this machine's memory
		}
		debug.SetMemoryLimit(limit)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// serveUntil serves until the context ends, then lets requests under way finish.
func serveUntil(ctx context.Context, e env, h *house, listener net.Listener) error {
	log := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	used := &uses.Counter{}
	pages, hub, err := platform(e.pages(h, listener, used, log))
	if err != nil {
		return err
	}
	public, err := publicSite(e, pages, h.keys, log)
	if err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	ctx, cancel := context.WithCancel(ctx)
	go stayLean(ctx)
	defer cancel()
	work := e.worker(h, pages, public, log)
	background := make(chan struct{}, 6)
	go func() {
		_ = h.Listen(ctx, postgres.Ears{Woke: func(org flow.ID) { hub.Wake(org); work.Woke(org) }, Look: hub.Look, Post: work.Post, Tell: work.Tell})
		background <- struct{}{}
	}() //nolint:errcheck // ends with the context
	go func() { work.Run(ctx); background <- struct{}{} }()
	go func() { work.Nights(ctx); background <- struct{}{} }()
	go func() { public.Watch(ctx); background <- struct{}{} }()
	go func() {
		if n := h.nightly(e, log); n != nil {
			n.Nights(ctx)
		}
		background <- struct{}{}
	}()
	go func() {
		if e.trying() {
			trials(e, h, log).Run(ctx)
		}
		background <- struct{}{}
	}()
	server := &http.Server{
		Handler: public.Front(whole(h.DB, pages, h.keys, log)), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 2)
	plain, err := e.open(ctx, server, listener, failed)
	if err != nil {
		return err
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	hub.Close() // ends the open feeds, which would hold up the shutdown
	cancel()
	quiet, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	err = errors.Join(err, server.Shutdown(quiet), plain.Shutdown(quiet))
	for range cap(background) {
		<-background
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// pages is what the pages need to be made.
func (e env) pages(h *house, l net.Listener, used *uses.Counter, log *slog.Logger) web.Config {
	return web.Config{DB: h.DB, Secure: e.secure(), Log: log, Now: time.Now, Keys: h.keys, URL: e.url(l), Mails: e.mail != nil, Scans: e.scan != "",
		Program: programVersion(), Operator: e.operator, Usage: used, Drills: e.drills(h.DB), Backups: h.shownBackups(e),
		CalendlyTells: e.told(), CalendlyAsked: e.told() && e.calendlyToken != "",
		Takeout: func(ctx context.Context, to io.Writer, o postgres.Organisation) error {
			return h.exporter(h.keys).Export(ctx, to, o)
		}}
}

// worker does the background work, with the words of the pages.
func (e env) worker(h *house, pages *web.Web, public *site.Site, log *slog.Logger) *worker.Worker {
	return &worker.Worker{DB: h.DB, Log: log, Now: time.Now, Mail: e.mailer(), Scan: e.scanner(), Head: pages.HeadMail, Remind: pages.RightsReminder,
		Breach: pages.BreachMail, Usage: pages.Usage, Parting: h.parting(e, h.keys, pages), Operator: e.operator, Policies: pages.PolicyLink, Unsubscribe: pages.UnsubscribeLink,
		Also: []func(context.Context) error{public.Tend}}
}

// platform wires the pages to the database and to what wakes them.
func platform(cfg web.Config) (*web.Web, *live.Hub, error) {
	cfg.Hub = live.New(func(ctx context.Context, org flow.ID, after int64) ([]live.Change, error) {
		return changes(ctx, cfg.DB, org, after)
	}, cfg.DB.Head)
	cfg.CheckPassword, cfg.HashPassword, cfg.NewPassword = checkPassword, chosenPassword, firstPassword
	cfg.HashPIN, cfg.CheckPIN = hashPIN, checkPassword
	pages, err := web.New(cfg)
	return pages, cfg.Hub, err
}

// whole is the pages and the calls of programs.
func whole(db *postgres.DB, pages *web.Web, k *keys.Keys, log *slog.Logger) http.Handler {
	programs := api.New(api.Config{DB: db, Now: time.Now, Log: log, Keys: k, Says: pages, Export: pages.Export, Files: pages, Usage: pages.Usage})
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", programs.Handler())
	mux.Handle("/", pages.Handler(log))
	return mux
}

// changes reads the log as open pages need it.
func changes(ctx context.Context, db *postgres.DB, org flow.ID, after int64) ([]live.Change, error) {
	records, err := db.Movements(ctx, org, after, 500)
	if err != nil {
		return nil, err
	}
	got := make([]live.Change, len(records))
	for i, r := range records {
		got[i] = live.Change{Seq: r.Seq, Job: r.Job, Process: r.Facts.Process, Stage: r.Stage, Kind: r.Kind}
	}
	return got, nil
}
