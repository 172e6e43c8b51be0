package smtp

import (
	"context"
	"errors"
	"os/exec"
	"time"
)

// Ask names the program that knows whether the mail server has a mail: it is given the Message-ID without its brackets, and
// ends with 0 when the server has it, with 1 when it has not, and with anything else when it cannot tell.
func (s *Sender) Ask(program string) { s.ask = program }

// askFor bounds how long the program may look.
const askFor = 20 * time.Second

// Has asks whether the server has the mail with an ID, sent before by somebody who was stopped before they could note it.
// known is false when nobody can tell.
func (s *Sender) Has(ctx context.Context, id string) (has, known bool) {
	if s.ask == "" {
		return false, false
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	err := exec.CommandContext(ctx, s.ask, s.messageID(id)).Run() //nolint:gosec // the operator of the service names the program
	var ended *exec.ExitError
	switch {
	case err == nil:
		return true, true
	case errors.As(err, &ended) && ended.ExitCode() == 1:
		return false, true
	}
	return false, false
}
