package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// encryptedVolume says of a directory whether the volume under it is encrypted by the system (dm-crypt, LUKS): yes, or that
// it cannot be told, for disks of clouds and machines under this one may be encrypted where nobody here sees it.
func encryptedVolume(dir string) string {
	return volumeIn("/sys/dev/block", dir)
}

const cannotTell = "cannot tell: see docs/operations.md"

func volumeIn(sys, dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return cannotTell
	}
	at, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return cannotTell
	}
	major, minor := at.Dev>>8&0xfff, at.Dev&0xff|at.Dev>>12&0xfff00
	if crypts(filepath.Join(sys, fmt.Sprintf("%d:%d", major, minor)), 0) {
		return "yes, by dm-crypt"
	}
	return cannotTell
}

// crypts reports whether a block device, or one that it stands on, is dm-crypt's.
func crypts(device string, depth int) bool {
	const deepest = 8
	uuid, err := os.ReadFile(filepath.Join(device, "dm", "uuid")) //nolint:gosec // of the system
	if err == nil && strings.HasPrefix(string(uuid), "CRYPT-") {
		return true
	}
	under, err := filepath.Glob(filepath.Join(device, "slaves", "*"))
	if err != nil || depth > deepest {
		return false
	}
	for _, one := range under {
		if crypts(one, depth+1) {
			return true
		}
	}
	return false
}
