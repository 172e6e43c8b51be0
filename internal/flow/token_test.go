package flow

import "testing"

// A token may do what it was made for, whatever programs may do in all.
func TestATokenMayWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	var all Right
	for _, g := range Grants() {
		p := Person{Role: Program, Via: ViaToken, Without: OnlyFor([]Grant{g})}
		rights := grantRights[g]
		if rights == 0 || !p.May(rights) {
			t.Errorf("a token for %s may not do it", g)
		}
		if all&rights != 0 {
			t.Errorf("%s is part of another grant", g)
		}
		all |= rights
		for _, r := range AllRights() {
			if r != Anybody && r&rights == 0 && p.May(r) {
				t.Errorf("a token for %s may %b", g, r)
			}
		}
	}
	if Program.Rights() != all|Anybody {
		t.Errorf("programs may %b, all grants together are %b", Program.Rights(), all)
	}
	if p := (Person{Role: Program, Without: OnlyFor(nil)}); p.May(MaySee) || !p.May(Anybody) {
		t.Error("a token for nothing is not for nothing")
	}
	if Grant("members:write").Known() || OnlyFor([]Grant{"members:write"}) != OnlyFor(nil) {
		t.Error("a grant that there is not grants something")
	}
}
