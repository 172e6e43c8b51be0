package api_test

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"clicarity/internal/api"
	"clicarity/internal/flow"
)

type description struct {
	Paths map[string]map[string]struct {
		RequestBody *struct {
			Content map[string]struct {
				Schema struct {
					Ref string `yaml:"$ref"`
				}
			}
		} `yaml:"requestBody"`
		Responses map[string]any
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any
			Additional *any `yaml:"additionalProperties"`
		}
		Parameters, Responses map[string]any
	}
}

func described(t *testing.T) (description, string) {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d, string(text)
}

// Every call is described, and nothing is described that there is not.
func TestTheDescriptionNamesEveryCall(t *testing.T) {
	t.Parallel()
	d, text := described(t)
	var have, want []string
	for path, calls := range d.Paths {
		for method, call := range calls {
			have = append(have, strings.ToUpper(method)+" "+path)
			if len(call.Responses) == 0 {
				t.Errorf("%s %s says nothing of its answers", method, path)
			}
		}
	}
	for _, route := range api.New(api.Config{}).Routes() {
		if want = append(want, route.Pattern); route.May == flow.Anybody && !strings.HasSuffix(route.Pattern, "openapi.yaml") {
			t.Errorf("%s is for everybody", route.Pattern)
		}
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("described:\n%s\nthere is:\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
	for _, ref := range regexp.MustCompile(`#/components/(\w+)/(\w+)`).FindAllStringSubmatch(text, -1) {
		_, schema := d.Components.Schemas[ref[2]]
		_, parameter := d.Components.Parameters[ref[2]]
		_, response := d.Components.Responses[ref[2]]
		if !map[string]bool{"schemas": schema, "parameters": parameter, "responses": response}[ref[1]] {
			t.Errorf("%s is not there", ref[0])
		}
	}
}

// Every type is described with the names it is written with.
func TestTheDescriptionNamesEveryField(t *testing.T) {
	t.Parallel()
	d, _ := described(t)
	sent := []any{api.Problem{}, api.Jobs{}, api.Job{}, api.Stage{}, api.Movements{}, api.Movement{}, api.Facts{}, api.Waste{}, api.Back{}, api.Processes{}, api.Process{},
		api.ProcessStage{}, api.Field{}, api.Reason{}, api.Receipt{}, api.JobRef{}, api.JobFiles{}, api.MovedFile{}, api.File{}, api.FileRevision{}}
	read := []any{api.NewJob{}, api.JobChange{}, api.StageStart{}, api.StageReport{}, api.Part{}, api.StageHold{}, api.StageResume{}, api.FileRetire{}}
	all := map[string]bool{"Decimal": true, "Moment": true, "Date": true, "ID": true, "Values": true, "NewFile": true, "NewRevision": true}
	for _, value := range slices.Concat(sent, read) {
		kind := reflect.TypeOf(value)
		all[kind.Name()] = true
		var names []string
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
		slices.Sort(names)
		if got := slices.Sorted(maps.Keys(d.Components.Schemas[kind.Name()].Properties)); !slices.Equal(got, names) {
			t.Errorf("%s is described with %v, it has %v", kind.Name(), got, names)
		}
	}
	for _, value := range read {
		if name := reflect.TypeOf(value).Name(); d.Components.Schemas[name].Additional == nil {
			t.Errorf("%s does not say that it takes nothing else", name)
		}
	}
	for name := range d.Components.Schemas {
		if !all[name] {
			t.Errorf("%s is described and there is no such type", name)
		}
	}
}

func TestTheDescriptionIsServed(t *testing.T) {
	t.Parallel()
	p := openHouse(t).firm("sahyadri").program(everything)
	p.send("GET", "/api/v1/openapi.yaml", "", "Authorization", "").is(200, "openapi: 3.1.0", "/api/v1/jobs/{job}")
}

// The examples of docs/api.md work as they are written, one after the other.
func TestTheExamplesWork(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := f.program(everything)
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`(?ms)^curl .*?[^\\]$`)
	examples := example.FindAllString(string(text), -1)
	if len(examples) < 8 {
		t.Fatalf("only %d examples", len(examples))
	}
	process, file, revision := f.process.ID.String(), "", ""
	said := map[string]bool{}
	for _, line := range examples {
		e := readExample(t, strings.NewReplacer("$PROCESS", process, "$FILE", file, "$REVISION", revision).Replace(line))
		if !strings.Contains(line, `-H "Authorization: Bearer $TOKEN"`) {
			t.Errorf("without a token: %s", line)
		}
		r := p.send(e.method, e.path, e.body, e.headers...)
		if r.status >= 300 {
			t.Errorf("%s\n%d %s", line, r.status, r.body)
		}
		if e.method == "GET" && strings.HasSuffix(e.path, "/files") {
			first := into[api.JobFiles](r).Files[0]
			file, revision = first.ID.String(), first.Revisions[0].ID.String()
		}
		said[e.method] = true
	}
	if !said["GET"] || !said["POST"] || !said["PATCH"] {
		t.Errorf("only %v", said)
	}
}

type exampleCall struct {
	method, path, body string
	headers            []string
}

// readExample reads a curl command as a shell would, as far as the examples go.
func readExample(t *testing.T, line string) exampleCall {
	t.Helper()
	words := regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s\\]+`).FindAllString(line, -1)
	e, form := exampleCall{method: "GET"}, []string(nil)
	for i := 1; i < len(words); i++ {
		word := strings.Trim(words[i], `'"`)
		switch {
		case word == "-X":
			i++
			e.method = words[i]
		case word == "-d":
			i++
			e.body = strings.Trim(words[i], "'")
			if e.method == "GET" {
				e.method = "POST"
			}
		case word == "-F":
			i++
			name, value, _ := strings.Cut(strings.Trim(words[i], `"`), "=")
			if called, is := strings.CutPrefix(value, "@"); is {
				e.method, e.body = "POST", filled(pdf, append(form, "called", called)...)
				e.headers = append(e.headers, "Content-Type", formType)
			}
			form = append(form, name, value)
		case word == "-H":
			i++
			name, value, _ := strings.Cut(strings.Trim(words[i], `'"`), ": ")
			if name != "Authorization" && !strings.Contains(value, "$(") {
				e.headers = append(e.headers, name, value)
			}
		case word == "-o":
			i++
		case word == "-OJ":
		case strings.HasPrefix(word, "$CLICARITY/"):
			e.path = strings.TrimPrefix(word, "$CLICARITY")
		default:
			t.Errorf("the example has a word that nobody reads: %s", word)
		}
	}
	return e
}
