package privacy

import (
	"slices"
	"testing"
)

// What is in the register fits together: nothing twice, nothing without a say, and who is erased row by row is known.
func TestTheRegisterFitsTogether(t *testing.T) {
	t.Parallel()
	var names []string
	for _, table := range Register {
		names = append(names, table.Name)
		columns := table.Columns()
		if table.About == "" {
			t.Errorf("%s is not said in words", table.Name)
		}
		if list := slices.Compact(slices.Clone(columns)); len(list) != len(columns) {
			t.Errorf("%s names a column twice: %v", table.Name, columns)
		}
		for _, f := range table.Fields {
			for what, has := range map[string]bool{"purpose": f.Purpose != "", "sight": f.Seen != "", "keep": f.Kept != "", "export": f.Export != "", "erase": f.Erase != ""} {
				if !has {
					t.Errorf("%s.%s has no %s", table.Name, f.Column, what)
				}
			}
			if f.Whose != "" && !slices.Contains(columns, f.Whose) {
				t.Errorf("%s.%s is about the member in %s, which the table does not have", table.Name, f.Column, f.Whose)
			}
		}
		for _, whose := range table.People() {
			if !slices.ContainsFunc(table.Fields, func(f Field) bool { return f.Column == whose && f.Whose == whose }) {
				t.Errorf("%s.%s says whose row it is and is not personal itself", table.Name, whose)
			}
		}
	}
	slices.Sort(names)
	if list := slices.Compact(slices.Clone(names)); len(list) != len(names) {
		t.Error("a table is there twice")
	}
	if _, ok := Named("members"); !ok {
		t.Error("members are not found")
	}
	if _, ok := Named("nothing"); ok {
		t.Error("found what is not there")
	}
	if list := Purposes(); len(list) < 10 || list[0] != Access {
		t.Errorf("purposes: %v", list)
	}
}
