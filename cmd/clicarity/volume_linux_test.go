package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The system's own view of disks, made up: a volume on a mapping that stands on dm-crypt is encrypted.
func TestAnEncryptedVolume(t *testing.T) {
	t.Parallel()
	sys, dir := t.TempDir(), t.TempDir()
	var at syscall.Stat_t
	if err := syscall.Stat(dir, &at); err != nil {
		t.Fatal(err)
	}
	if got := volumeIn(sys, dir); got != cannotTell {
		t.Error(got)
	}
	device := filepath.Join(sys, fmt.Sprintf("%d:%d", at.Dev>>8&0xfff, at.Dev&0xff|at.Dev>>12&0xfff00))
	under := filepath.Join(device, "slaves", "dm-1", "dm")
	if err := os.MkdirAll(under, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(under, "uuid"), []byte("CRYPT-LUKS2-1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := volumeIn(sys, dir); got != "yes, by dm-crypt" {
		t.Error(got)
	}
}
