package postgres

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Encrypted refuses an address of a database where somebody on the way could read along or answer in its place: over a
// network, its certificate has to be checked, by name. A socket and this machine need none.
func Encrypted(address string) error {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	ways := map[string]*tls.Config{cfg.Host: cfg.TLSConfig}
	for _, f := range cfg.Fallbacks {
		if way, ok := ways[f.Host]; !ok || way != nil {
			ways[f.Host] = f.TLSConfig
		}
	}
	for host, way := range ways {
		ip := net.ParseIP(host)
		near := strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || ip != nil && ip.IsLoopback()
		if !near && (way == nil || way.InsecureSkipVerify) {
			return errors.New("the way to the database has to be encrypted and its certificate checked: add sslmode=verify-full and sslrootcert=FILE")
		}
	}
	return nil
}
