package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clicarity/internal/postgres/pgtest"
)

// A backup is brought back elsewhere and checked there, and how it went is recorded: in a file, or in the organisation of whoever
// runs the service. A history that was changed is not sound there either.
func TestADrillBringsABackupBack(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.prints("set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	s.fails("write: clicarity drill", "drill", "now")
	s.prints("1 organisations with 0 movements are what they were", "drill")
	s.fails("could not be brought back", "drill", "--from", os.Args[0])
	list, err := readDrills(filepath.Join(s.env["CLICARITY_DATA"], drillLog), 10)
	if err != nil || len(list) != 2 || list[1].Fault != "" || list[1].Organisations != 1 || list[1].Bytes == 0 || !strings.Contains(list[0].Fault, "pg_restore") {
		t.Fatalf("%+v %v", list, err)
	}
	file := filepath.Join(s.env["CLICARITY_DATA"], "operator.json")
	if err := os.WriteFile(file, []byte(`{"organisation": "sahyadri"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env["CLICARITY_OPERATOR"] = file
	s.prints("a backup that was just made", "drill")
	sql := "set session_replication_role = replica; update audit set content = replace(content, 'owner', 'other') where seq = 1"
	conn := pgtest.Owner(t, s.env["DATABASE_URL"])
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	s.fails("entry 1 of the audit log", "drill")
	var drills, faults int
	if err := conn.QueryRow(t.Context(), "select count(*), count(*) filter (where fault <> '') from drills").Scan(&drills, &faults); err != nil || drills != 2 || faults != 1 {
		t.Errorf("%d drills, %d faults, %v", drills, faults, err)
	}
}

// A file of drills in which a line was cut off is read as far as it can be.
func TestACutOffLineOfDrillsIsLeftOut(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), drillLog)
	text := `{"began":"2026-11-20T09:00:00Z","took":1,"movements":1}` + "\n" + `{"began":"2026-11-2` + "\n" + `{"began":"2026-11-22T09:00:00Z","movements":3}` + "\n{}\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := readDrills(name, 10)
	if err != nil || len(list) != 2 || list[0].Movements != 3 {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := readDrills(name, 1); err != nil || len(list) != 1 || list[0].Movements != 3 {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := readDrills(name+"x", 1); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}
