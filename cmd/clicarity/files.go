package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"clicarity/internal/objects"
)

// store is where the bytes of files are kept.
func (c config) store() (objects.Store, error) {
	if c.files == "" {
		return objects.Open(filepath.Join(c.data, "files"), "")
	}
	s, err := objects.Open(c.files, c.s3Secret)
	if err != nil {
		return nil, fmt.Errorf("CLICARITY_FILES: %w", err)
	}
	return s, nil
}

// scanFor is how long a program may look at one file for viruses.
const scanFor = 5 * time.Minute

// scanner looks at files for viruses with a program, which gets the bytes on its standard input and ends with 0 when they are
// clean and with 1 when they are not. nil without a program.
func (c config) scanner() func(context.Context, io.Reader) (bool, error) {
	words := strings.Fields(c.scan)
	if len(words) == 0 {
		return nil
	}
	return func(ctx context.Context, file io.Reader) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, scanFor)
		defer cancel()
		own := &notes{r: file}
		cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the operator of the service names it
		cmd.Stdin = own
		err := cmd.Run()
		var ended *exec.ExitError
		switch {
		case own.failed != nil: // it has not seen all of it, whatever it says
			return false, own.failed
		case err == nil:
			return true, nil
		case errors.As(err, &ended) && ended.ExitCode() == 1:
			return false, nil
		}
		return false, fmt.Errorf("CLICARITY_SCAN: %w", err)
	}
}

// notes remembers how much was read and why reading failed.
type notes struct {
	r      io.Reader
	n      int64
	failed error
}

// Read implements io.Reader.
func (n *notes) Read(p []byte) (int, error) {
	got, err := n.r.Read(p)
	n.n += int64(got)
	if err != nil && !errors.Is(err, io.EOF) {
		n.failed = err
	}
	return got, err
}
