package main

import (
	"crypto/rand"
	"math/big"
	"sync"

	"github.com/alexedwards/argon2id"
)

// argon is the cost of a password: OWASP's first recommendation for Argon2id (19 MiB, two passes, one lane).
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func hashPassword(password string) (string, error) { return argon2id.CreateHash(password, argon) }

// hashing bounds how many passwords are hashed at once: each takes 19 MiB and a processor.
var hashing = make(chan struct{}, 4)

var nobody = sync.OnceValues(func() (string, error) { return hashPassword("nobody has this password") })

// checkPassword compares in the time it takes; an empty hash takes as long and fits nothing.
func checkPassword(password, hash string) bool {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	known := hash != ""
	if !known {
		var err error
		if hash, err = nobody(); err != nil {
			return false
		}
	}
	fits, err := argon2id.ComparePasswordAndHash(password, hash)
	return err == nil && fits && known
}

// hashPIN hashes what is made of a PIN at the cost of a password.
func hashPIN(pin string) (string, error) {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return hashPassword(pin)
}

// firstPassword is a password to hand to somebody, and its hash.
func firstPassword() (password, hash string, err error) {
	if password, err = newPassword(); err != nil {
		return "", "", err
	}
	hash, err = chosenPassword(password)
	return password, hash, err
}

// chosenPassword is the stored form of a password that somebody chose.
func chosenPassword(password string) (string, error) {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return hashPassword(password)
}

// newPassword is a first password that is easy to read out: four groups of four, 78 bits.
func newPassword() (string, error) {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789" // none that look alike
	out := make([]byte, 0, 19)
	for i := range 16 {
		if i > 0 && i%4 == 0 {
			out = append(out, '-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			return "", err
		}
		out = append(out, letters[n.Int64()])
	}
	return string(out), nil
}
