// Command clicarity is the whole product: it serves the pages, sets up and looks after the database, brings data in
// and checks it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, context.Canceled) {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "clicarity:", err)
		}
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// command is one word of the command line.
type command struct {
	name, does string
	run        func(ctx context.Context, e env, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "serve the pages  [--demo: with the demo factory]", serve},
		{"migrate", "bring the database to this version", migrate},
		{"demo", "make the demo factory and print its log-ins", makeDemo},
		{"org", "org add SLUG --name NAME --owner EMAIL | org list | org export SLUG FILE.zip | org close SLUG --because TEXT | org reopen SLUG", org},
		{"import", "import history --org SLUG --map MAP.json FILE.csv | import xes --org SLUG [--process NAME] FILE.xes", importFile},
		{"export", "write the whole history to standard output  export xes|csv --org SLUG", export},
		{"kpi", "print key figures  --org SLUG [--json]", kpi},
		{"forecast", "forecast --org SLUG JOB | forecast backtest --org SLUG [--from DATE --to DATE]", forecast},
		{"verify", "check an organisation's whole history  --org SLUG | a file alone  --audit FILE | --export FILE.zip | --certificate FILE  [--key FINGERPRINT] | --evidence FILE.zip", verify},
		{"backup", "make a backup now, in the store CLICARITY_BACKUPS | backup list [--whole]: show those that are there", backup},
		{"restore", "bring a backup back into an empty data directory or database  --from STORE [--backup NAME]", restore},
		{"drill", "bring a backup back into a database of its own, check it there, and record how it went  [--from BACKUP]", drill},
		{"rollups", "check what the Analytics pages read against the log, or make it anew  rollups check|rebuild --org SLUG", rollups},
		{"bounce", "note that a mail came back: reads the mail server's report  [FILE, else standard input]", bounce},
		{"keys", "the keys that secrets and files are sealed with  keys list | keys rotate-master | keys rotate --org SLUG", keysCommand},
		{"doctor", "say whether this installation is sound", doctor},
		{"version", "print the version", version},
	}
}

// env is what a command can see of the world around it.
type env struct {
	config
	out, err io.Writer
}

// run is the program: everything it reads and writes comes in.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		usage(stderr)
		return flag.ErrHelp
	}
	cfg, err := readConfig(getenv)
	if err != nil {
		return err
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, env{cfg, stdout, stderr}, args[1:])
		}
	}
	if args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(stdout)
		return nil
	}
	usage(stderr)
	return fmt.Errorf("there is no command %q", args[0])
}

func usage(w io.Writer) {
	_, _ = fmt.Fprint(w, "Clicarity: where every job is, since when, and how much.\n\n")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  clicarity %-9s %s\n", c.name, c.does)
	}
	_, _ = fmt.Fprint(w, configHelp)
}

// flags reads a command's flags. Positional arguments may stand before or between them.
func flags(e env, name string, args []string, define func(*flag.FlagSet)) ([]string, error) {
	f := flag.NewFlagSet("clicarity "+name, flag.ContinueOnError)
	f.SetOutput(e.err)
	define(f)
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}
