package flow

import "slices"

// Standing is what of a member decides whom they may change, and who may change them.
type Standing struct {
	Member    ID
	Role      Role
	Given     Given
	Suspended bool // cannot come in until somebody lets them
	Left      bool // has left, and stays only as the author of what they did
}

// Scope is what the member sees and works at.
func (s Standing) Scope() Scope { return s.Given.Scope(s.Role, s.Member) }

// MayGive reports whether somebody may hand out a role with what it sees: a lower role, and nothing beyond what is
// theirs.
func (s Standing) MayGive(r Role, g Given) bool {
	if s.Suspended || s.Left || s.Role.Rights()&MayPeople == 0 || !r.Below(s.Role) {
		return false
	}
	return r == Owner || g.Within(s.Scope())
}

// Governs reports whether somebody may change another member: one of a lower role, of whom nothing is beyond what is
// theirs. Nobody governs themselves.
func (s Standing) Governs(m Standing) bool { return s.Member != m.Member && s.MayGive(m.Role, m.Given) }

// Fits is what was given as a role can have it. Owners have everything anyway, and vendors only what is with them.
func (g Given) Fits(r Role) Given {
	switch {
	case r == Owner:
		return Given{}
	case r == Vendor:
		return Given{Vendors: g.Vendors, Sites: g.Sites}
	case g.All:
		return Given{All: true, Sites: g.Sites, Mine: g.Mine}
	}
	g.Stages = slices.DeleteFunc(slices.Clone(g.Stages), func(s StageRef) bool { return slices.Contains(g.Processes, s.Process) })
	return g
}

// PeopleAction is what is done to a member: the member's new standing, given by one who may.
type PeopleAction func(by, m Standing) (Standing, error)

// Give gives somebody a role and what they see.
//
// Refusals: not_found.
func Give(r Role, g Given) PeopleAction {
	g = g.Fits(r)
	return func(by, m Standing) (Standing, error) {
		if !by.Governs(m) || !by.MayGive(r, g) || m.Left {
			return m, refuse(NotFound)
		}
		m.Role, m.Given = r, g
		return m, nil
	}
}

// Suspend keeps somebody out until they are let in again; LetIn lets them; Remove ends their membership.
//
// Refusals: not_found.
func Suspend(by, m Standing) (Standing, error) {
	return govern(by, m, func(m *Standing) { m.Suspended = true })
}

// LetIn ends a suspension.
func LetIn(by, m Standing) (Standing, error) {
	return govern(by, m, func(m *Standing) { m.Suspended = false })
}

// Remove ends somebody's membership. They stay as the author of what they did.
func Remove(by, m Standing) (Standing, error) {
	return govern(by, m, func(m *Standing) { m.Left = true })
}

// Touch changes nothing: it asks whether one may change another.
func Touch(by, m Standing) (Standing, error) { return govern(by, m, func(*Standing) {}) }

func govern(by, m Standing, change func(*Standing)) (Standing, error) {
	if !by.Governs(m) || m.Left {
		return m, refuse(NotFound)
	}
	change(&m)
	return m, nil
}

// Leave ends one's own membership.
func Leave(by, m Standing) (Standing, error) {
	if by.Member != m.Member || m.Left {
		return m, refuse(NotFound)
	}
	m.Left = true
	return m, nil
}

// StepDown makes an owner a manager of everything.
func StepDown(by, m Standing) (Standing, error) {
	if by.Member != m.Member || m.Role != Owner || m.Left || m.Suspended {
		return m, refuse(NotFound)
	}
	m.Role, m.Given = Manager, Given{All: true}
	return m, nil
}
