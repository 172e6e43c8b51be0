//go:build !linux

package main

// encryptedVolume says of a directory whether the volume under it is encrypted, which only Linux tells.
func encryptedVolume(string) string { return "cannot tell: see docs/operations.md" }
