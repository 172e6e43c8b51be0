package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/egress"
)

const module = "clicarity"

// floors says on which floor a package lives. A package imports only packages of floors below its own; those of one
// floor are blind to each other. Everything of the module must be named here.
var floors = map[string]int{
	"internal/flow":            0,
	"internal/postgres":        2,
	"internal/postgres/local":  2,
	"internal/live":            2,
	"internal/httpd":           2,
	"internal/measure":         1,
	"internal/chart":           1,
	"internal/operator":        1,
	"internal/privacy":         1,
	"internal/usage":           1,
	"internal/evidence":        1,
	"internal/https":           2,
	"internal/sheets":          2,
	"internal/xes":             2,
	"internal/blueprint":       2,
	"internal/pictures":        2,
	"internal/keys":            1,
	"internal/trail":           2,
	"internal/passwords":       2,
	"internal/factors":         2,
	"internal/passkeys":        2,
	"internal/smtp":            2,
	"internal/letters":         1,
	"internal/policies":        1,
	"internal/egress":          2,
	"internal/oidc":            2,
	"internal/calendly":        2,
	"internal/objects":         2,
	"internal/web":             3,
	"internal/site":            3,
	"internal/api":             3,
	"internal/worker":          3,
	"internal/demo":            3,
	"internal/history":         3,
	"internal/leaving":         3,
	"internal/backups":         3,
	"internal/arch":            3,
	"internal/postgres/pgtest": 4, // for tests only: see below
	"internal/idptest":         4, // for tests only
	"internal/calendlytest":    4, // for tests only
	"internal/s3test":          4, // for tests only
	"internal/certtest":        4, // for tests only
	"cmd/clicarity":            5,
	"bench":                    5,
	"promises":                 5,
	"e2e":                      5,
}

// allowed are the outside packages that only some floors may use, with who may.
var allowed = map[string][]string{
	"github.com/jackc/pgx":     {"internal/postgres", "internal/postgres/pgtest", "bench"},
	"github.com/xuri/excelize": {"internal/sheets"},
	"github.com/chromedp":      {"e2e"},
	"github.com/alexedwards":   {"cmd/clicarity", "bench"},
	"rsc.io/qr":                {"internal/factors"},
	"golang.org/x/time":        {"internal/httpd"},
	"github.com/wneessen":      {"internal/smtp"},
	"golang.org/x/crypto/acme": {"internal/https"},
	"go.yaml.in/yaml":          {"internal/blueprint"},
	"github.com/go-webauthn":   {"internal/passkeys"},
	"github.com/coreos":        {"internal/oidc"},
	"golang.org/x/oauth2":      {"internal/oidc"},
	"github.com/minio":         {"internal/objects", "internal/s3test"},
}

type pkg struct {
	ImportPath                string
	Name                      string
	Dir                       string
	GoFiles                   []string
	Imports                   []string
	TestImports, XTestImports []string
}

func packages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Dir,GoFiles,Imports,TestImports,XTestImports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(p.ImportPath, module+"/")] = p
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	for name, p := range packages(t) {
		if _, ok := floors[name]; !ok {
			t.Errorf("%s has no floor: give it one in arch_test.go", name)
		}
		for _, fault := range faults(name, p.Imports) {
			t.Error(fault)
		}
	}
}

// faults are the imports of a package that the floors forbid.
func faults(name string, imports []string) []string {
	var found []string
	for _, i := range imports {
		if inner, ok := strings.CutPrefix(i, module+"/"); ok {
			if floors[inner] >= floors[name] {
				found = append(found, fmt.Sprintf("%s (floor %d) imports %s (floor %d): only downwards", name, floors[name], inner, floors[inner]))
			}
			continue
		}
		if name == "internal/flow" && strings.Contains(strings.Split(i, "/")[0], ".") {
			found = append(found, fmt.Sprintf("the ground floor imports %s: it has the standard library only", i))
		}
		for prefix, who := range allowed {
			if strings.HasPrefix(i, prefix) && !slices.Contains(who, name) {
				found = append(found, fmt.Sprintf("%s imports %s: only %s may", name, i, strings.Join(who, ", ")))
			}
		}
	}
	return found
}

func TestTheRulesBite(t *testing.T) {
	t.Parallel()
	for name, imports := range map[string][]string{
		"internal/flow":     {"clicarity/internal/postgres"}, // upwards
		"internal/live":     {"clicarity/internal/httpd"},    // sideways
		"internal/web":      {"github.com/jackc/pgx/v5"},     // the driver outside its room
		"internal/measure":  {"clicarity/internal/web"},
		"internal/postgres": {"clicarity/internal/live"},
	} {
		if len(faults(name, imports)) == 0 {
			t.Errorf("%s may import %v and must not", name, imports)
		}
	}
	if got := faults("internal/flow", []string{"github.com/shopspring/decimal"}); len(got) == 0 {
		t.Error("the ground floor may import a library and must not")
	}
}

// flow decides from values alone: no clock, no randomness, no environment, no network, no files.
func TestGroundFloorIsPure(t *testing.T) {
	t.Parallel()
	p := packages(t)["internal/flow"]
	for _, i := range p.Imports {
		if slices.Contains([]string{"os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "context", "sync"}, i) {
			t.Errorf("flow imports %s", i)
		}
	}
	for _, f := range p.GoFiles {
		text, err := os.ReadFile(filepath.Join(p.Dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "time.Now") || strings.Contains(string(text), "time.Since") {
			t.Errorf("%s reads the clock", f)
		}
	}
}

func TestHelpersOfTestsAreForTestsOnly(t *testing.T) {
	t.Parallel()
	for name, p := range packages(t) {
		for _, helper := range []string{"internal/postgres/pgtest", "internal/idptest", "internal/calendlytest", "internal/s3test", "internal/certtest"} {
			if slices.Contains(p.Imports, module+"/"+helper) {
				t.Errorf("%s imports %s outside a test", name, helper)
			}
		}
	}
}

// Only egress makes requests: elsewhere nobody looks where they go. Others are given its client.
func TestOnlyEgressGoesOut(t *testing.T) {
	t.Parallel()
	for name, p := range packages(t) {
		if slices.Contains([]string{"internal/egress", "internal/postgres/local", "internal/s3test", "bench"}, name) { // the socket of the private database; servers that the tests and the load generator are given
			continue
		}
		for _, f := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if way := wayOut(t, string(text)); way != "" {
				t.Errorf("%s/%s has %s: requests leave by internal/egress only", name, f, way)
			}
		}
	}
	for _, text := range []string{"x := http.Client{}", "x := &http.Client{Timeout: 1}", "x := new(http.Client)", "var x http.Client", "x, _ := http.Get(u)", "x := http.DefaultClient", "x := &http.Transport{}", "x, _ := net.Dial(a, b)", "x := net.Dialer{}", "x, _ := tls.Dial(a, b, nil)"} {
		if wayOut(t, "package p\nimport \"net/http\"\nfunc f() { "+text+" }") == "" {
			t.Errorf("nobody notices %s", text)
		}
	}
	if way := wayOut(t, "package p\nimport \"net/http\"\ntype c struct { http *http.Client }\nfunc f(c *http.Client) { c.Do(nil) }"); way != "" {
		t.Errorf("a client that is given is refused: %s", way)
	}
}

// goesOut is what of the standard library makes connections or requests.
var goesOut = map[string][]string{
	"http": {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
	"net":  {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer"},
	"tls":  {"Dial", "DialWithDialer", "Dialer"},
	"rpc":  {"Dial", "DialHTTP"},
	"smtp": {"Dial", "SendMail"},
}

// talks are the libraries that make connections themselves, with the party of the register that each reaches.
var talks = map[string]egress.Party{
	"github.com/jackc/pgx":     egress.Database,
	"github.com/wneessen":      egress.MailServer,
	"golang.org/x/crypto/acme": egress.CertificateAuthority,
	"github.com/coreos":        egress.IdentityProvider,
	"github.com/minio":         egress.FileStore,
}

// Every library that talks to somebody outside has its room, and whom it reaches is in the register.
func TestWhoeverIsReachedIsInTheRegister(t *testing.T) {
	t.Parallel()
	for library, party := range talks {
		if len(allowed[library]) == 0 {
			t.Errorf("%s may be used everywhere", library)
		}
		if !slices.ContainsFunc(egress.Register, func(p egress.Party) bool { return p.Code == party.Code }) {
			t.Errorf("%s reaches %q, which is not in the register", library, party.Code)
		}
	}
}

// wayOut is what a file has of the standard library that makes connections, empty for nothing.
func wayOut(t *testing.T, text string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	given := map[ast.Node]bool{} // *http.Client as a type: somebody else's
	found := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if star, ok := n.(*ast.StarExpr); ok {
			given[star.X] = true
		}
		s, ok := n.(*ast.SelectorExpr)
		if !ok || given[s] {
			return true
		}
		if pkg, ok := s.X.(*ast.Ident); ok && slices.Contains(goesOut[pkg.Name], s.Sel.Name) {
			found = pkg.Name + "." + s.Sel.Name
		}
		return true
	})
	return found
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		documented := len(p.GoFiles) == 0
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || file.Doc != nil
		}
		if !documented {
			t.Errorf("package %s has no package comment", name)
		}
	}
}
