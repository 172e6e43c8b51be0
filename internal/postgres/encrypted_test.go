package postgres_test

import (
	"testing"

	"clicarity/internal/postgres"
)

func TestTheWayToTheDatabaseIsEncrypted(t *testing.T) {
	t.Parallel()
	for address, fine := range map[string]bool{
		"postgres://u:p@localhost/clicarity":                                   true,
		"postgres://u:p@127.0.0.1:5432/clicarity?sslmode=disable":              true,
		"host=/var/run/postgresql user=u dbname=clicarity":                     true,
		"postgres://u:p@db.example.in/clicarity?sslmode=verify-full":           true,
		"postgres://u:p@db.example.in/clicarity":                               false, // prefer: falls back to none
		"postgres://u:p@db.example.in/clicarity?sslmode=disable":               false,
		"postgres://u:p@db.example.in/clicarity?sslmode=require":               false, // believes anybody
		"postgres://u:p@127.0.0.1,db.example.in/clicarity?sslmode=prefer":      false,
		"postgres://u:p@10.0.0.4/clicarity?sslmode=allow":                      false,
		"postgres://u:p@db.example.in/clicarity?sslmode=verify-full&x=y%zz":    false, // no address
		"postgres://u:p@a.example,b.example/clicarity?sslmode=verify-full":     true,
		"postgres://u:p@[::1]/clicarity":                                       true,
		"postgres://u:p@localhost.evil.example/clicarity?sslmode=prefer":       false,
		"user=u dbname=clicarity host=db.example.in sslmode=require port=6432": false,
	} {
		if err := postgres.Encrypted(address); (err == nil) != fine {
			t.Errorf("%s: %v", address, err)
		}
	}
}
