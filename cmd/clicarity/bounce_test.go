package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is no report about a mail of ours is said and is no failure: it would bounce in turn.
func TestWhatIsNoBounceIsLeftAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail")
	if err := os.WriteFile(file, []byte("Subject: I am away\r\n\r\nBack on Monday.\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"CLICARITY_DATA": t.TempDir()}
	getenv := func(name string) string { return env[name] }
	var out, says bytes.Buffer
	if err := run(t.Context(), []string{"bounce", file}, getenv, &out, &says); err == nil || !strings.Contains(err.Error(), "CLICARITY_MAIL_FROM") {
		t.Errorf("without a name to send in: %v", err)
	}
	env["CLICARITY_SMTP"], env["CLICARITY_MAIL_FROM"] = "smtp://127.0.0.1?tls=none", "Clicarity <jobs@company.example>"
	if err := run(t.Context(), []string{"bounce", file}, getenv, &out, &says); err != nil || !strings.Contains(says.String(), "nothing noted") {
		t.Errorf("%v %s", err, says.String())
	}
}
