package httpd

import (
	"net"
	"net/http"
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
func (l *Limiter) Allow(name string, now time.Time) bool {
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
	return one.AllowN(now, 1)
}

// Address is the network address of the other side, without its port.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
