package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter bounds how often something named may be tried.
type Limiter struct {
	every time.Duration
	burst int

	mu   sync.Mutex
	seen map[string]*rate.Limiter
}

// NewLimiter allows burst tries at once and one more every so often, for each name.
func NewLimiter(every time.Duration, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, seen: map[string]*rate.Limiter{}}
}

// maxNames bounds the memory that names from outside can take. Forgetting all of them at once only gives each its
// burst again.
const maxNames = 100_000

// Allow reports whether the name may try now, and counts the try.
func (l *Limiter) Allow(name string, now time.Time) bool { return l.Wait(name, now) == 0 }

// Wait is how long the name has to wait before it may try: 0 when it may now, and then the try is counted.
func (l *Limiter) Wait(name string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.seen[name]
	if !ok {
		if len(l.seen) >= maxNames {
			clear(l.seen)
		}
		one = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.seen[name] = one
	}
	if one.AllowN(now, 1) {
		return 0
	}
	return max(time.Duration((1-one.TokensAt(now))*float64(l.every)), time.Second)
}

// Forget gives a name all its tries back: it has shown that it is honest.
func (l *Limiter) Forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, name)
}

// Address is the network address of the other side, without its port. What comes through a proxy on this machine has
// the address that the proxy put last; an IPv6 address counts by its network, for one line has very many of them.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if at.IsLoopback() {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if through, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			at = through
		}
	}
	if at = at.Unmap(); at.Is6() {
		if network, err := at.Prefix(64); err == nil {
			return network.String()
		}
	}
	return at.String()
}
