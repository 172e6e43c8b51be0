package web

import (
	"regexp"
	"testing"
	"time"
)

// The page is loaded again at four by the organisation's clock, wherever the server is.
func TestATVLoadsItsPageAgainAtFour(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("IST", 19800)
	for at, want := range map[string]time.Duration{
		"2026-11-26T03:59:00+05:30": time.Minute, "2026-11-26T04:00:00+05:30": 24 * time.Hour, "2026-11-25T22:30:00Z": 24 * time.Hour, "2026-12-31T23:00:00+05:30": 5 * time.Hour,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := (tvPage{view: &view{Now: now, Zone: zone}}).Reload(); got != want.Milliseconds() {
			t.Errorf("at %s in %d ms, want %v", at, got, want)
		}
	}
}

// Whatever is typed as a code is read as six letters or refused, the same however it is written.
func FuzzTVCode(f *testing.F) {
	for _, s := range []string{"7KQ 2M9", "7kq2m9", "OIL-000", "", "7KQ2M9X", "७KQ2M9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := readTVCode(typed)
		if !ok {
			return
		}
		if again, still := readTVCode(code); !still || again != code || len(code) != tvDigits {
			t.Errorf("%q is read as %q, and that as %q", typed, code, again)
		}
	})
}

// The browsers of TVs are old (Chromium 63 to 94) and cannot be brought up to date: what a TV is served has nothing that
// they do not know.
func TestATVIsServedWhatOldBrowsersKnow(t *testing.T) {
	t.Parallel()
	a, err := hashAssets(files)
	if err != nil {
		t.Fatal(err)
	}
	page, err := files.ReadFile("page/tv.html")
	if err != nil {
		t.Fatal(err)
	}
	comments := regexp.MustCompile(`(?s:/\*.*?\*/)|(?m:(^|\s)//.*$)`)
	for name, check := range map[string]struct {
		text  []byte
		newer []string
	}{
		"tv.css": {a["tv.css"].content, []string{
			`:has\(`, `@container`, `container-(type|name)`, `\binset\b`, `[^-]aspect-ratio\s*:`, `:is\(`, `:where\(`, `\b(min|max|clamp)\(`, `(?:[^d]-|[^-])\bgap\s*:`, `(row|column)-gap`,
			`:focus-visible`, `@layer`, `color-mix`, `\d[dsl]v[hw]\b`, `(margin|padding|border|inset)-(inline|block)`, `accent-color`, `text-wrap`, `overflow(-wrap)?:\s*(clip|anywhere)`, `[{;]\s*(translate|rotate|scale)\s*:`,
			`&`, `oklch`, `place-(items|content|self)`, `content-visibility`, `:not\([^)]*,`, `@property`, `url\(`}},
		"tv.js": {a["tv.js"].content, []string{
			`\?\.`, `\?\?`, `(\|\||&&)=`, `\.\.\.`, `\bcatch\s*\{`, `\b(import|export)\b`, `\bfor\s+await\b`, `\.(flat|flatMap|at|matchAll|replaceAll|replaceChildren|finally|fromEntries|allSettled|any|trimStart|trimEnd)\(`,
			`\bglobalThis\b`, `\b\d+n\b`, `\d_\d`, `\bclass\s+\w`, `#\w+\s*[=;(]`, `\(\?<`, `\bAbortController\b`, `\bstructuredClone\b`, `\bqueueMicrotask\b`, `\bResizeObserver\b`, `\btoggleAttribute\b`, `\beval\b`}},
		"tv.html": {page, []string{`type="module"`, ` style=`, ` on\w+=`, `<dialog`, `popover`, `loading=`, `<script>`, `<style`, `app\.(css|js)`}},
	} {
		text := check.text
		if name != "tv.html" {
			text = comments.ReplaceAll(text, nil)
		}
		if len(text) == 0 {
			t.Errorf("%s is not there", name)
		}
		for _, newer := range check.newer {
			if found := regexp.MustCompile(newer).Find(text); found != nil {
				t.Errorf("%s has %q: TVs do not know it", name, found)
			}
		}
	}
	for name, limit := range map[string]int{"tv.js": 4_000, "tv.css": 4_000} {
		if size := len(a[name].packed); size > limit {
			t.Errorf("%s has %d bytes when it is sent, more than %d", name, size, limit)
		}
	}
}
