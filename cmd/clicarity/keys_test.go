package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheMasterKeyIsRotatedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.prints("is set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	file := filepath.Join(s.env["CLICARITY_DATA"], "key")
	before := readKey(t, file)
	s.prints("(the installation)", "keys", "list")
	s.prints("version 2 of its key", "keys", "rotate", "--org", "sahyadri")
	s.prints("retired", "keys", "list")
	s.prints("3 keys are wrapped with a new master key", "keys", "rotate-master")
	if after := readKey(t, file); after == before || strings.Count(after, "\n") != 1 {
		t.Errorf("%q", after)
	}
	s.prints("in use", "keys", "list")
	s.env["CLICARITY_KEY"] = base64.StdEncoding.EncodeToString(make([]byte, 32))
	s.fails("the master key is not the one", "keys", "list")
	s.env["CLICARITY_ADDR"] = "127.0.0.1:0"
	s.fails("the master key is not the one", "serve")
	s.env["CLICARITY_KEY"] = strings.TrimSpace(readKey(t, file))
	s.fails("NEW OLD", "keys", "rotate-master")
	s.env["CLICARITY_KEY"] = base64.StdEncoding.EncodeToString(make([]byte, 32)) + " " + strings.TrimSpace(readKey(t, file))
	s.prints("3 keys were wrapped with the first master key", "keys", "rotate-master")
	s.env["CLICARITY_KEY"] = base64.StdEncoding.EncodeToString(make([]byte, 32))
	s.prints("in use", "keys", "list")
	s.fails("write: clicarity keys", "keys")
	s.fails("no clicarity keys fly", "keys", "fly")
}

func readKey(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file) //nolint:gosec // of the test
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A key service takes over from the key in the file, and the file is not needed any more.
func TestAKeyServiceTakesOver(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.prints("is set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	s.prints("version 2", "keys", "rotate", "--org", "sahyadri")
	vault := filepath.Join(t.TempDir(), "vault")
	program := "#!/bin/sh\nread -r op; read -r about; read -r body\ncase $op in name) echo key/7;; wrap) printf '%s|%s' \"$about\" \"$body\" | base64 -w0;; unwrap) printf '%s' \"$body\" | base64 -d | sed 's/^.*|//';; esac\n"
	if err := os.WriteFile(vault, []byte(program), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	s.env["CLICARITY_KEY_COMMAND"] = "sh " + vault
	s.prints("3 keys were wrapped with the first master key", "keys", "rotate-master")
	if err := os.Remove(filepath.Join(s.env["CLICARITY_DATA"], "key")); err != nil {
		t.Fatal(err)
	}
	if out := s.prints("command:key/7", "keys", "list"); strings.Contains(out, "local:") {
		t.Errorf("something is wrapped with the key of the file: %s", out)
	}
	s.prints("sound: 0 movements", "verify", "--org", "sahyadri")
	s.env["CLICARITY_KEY_COMMAND"] = "sh /nowhere/vault"
	s.fails("the program of the master key fails", "keys", "list")
}
