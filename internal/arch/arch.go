// Package arch holds the floors of the house as a test: which package may import which.
package arch
