package local

import (
	"os"
	"path/filepath"
	"testing"
)

// The programs that make backups are found for the version there is, and for one that is not there others.
func TestProgramsOfBackupsAreFound(t *testing.T) {
	t.Parallel()
	here, err := find(t.Context(), "", 0)
	check(t, err)
	for _, major := range []int{here.major, 99} {
		dir, err := Programs(t.Context(), major)
		check(t, err)
		if _, err := os.Stat(filepath.Join(dir, "pg_dump")); err != nil {
			t.Errorf("version %d: %v", major, err)
		}
	}
}
