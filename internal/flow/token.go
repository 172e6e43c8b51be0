package flow

import "slices"

// Grant is something that a token for programs can be made for: a noun, and what may be done with it.
type Grant string

const (
	ReadJobs      Grant = "jobs:read"
	WriteJobs     Grant = "jobs:write"     // create and change
	WriteReports  Grant = "reports:write"  // start, report, hold, resume
	ReadMovements Grant = "movements:read" // what happened to jobs
	TakeOut       Grant = "export"         // lists as files
	ReadFiles     Grant = "files:read"     // drawings and photos of jobs
	WriteFiles    Grant = "files:write"    // add, revise, retire
)

// grantRights is what each grant is in rights.
var grantRights = map[Grant]Right{
	ReadJobs: MaySee | MaySeeBoard, WriteJobs: MayCreate | MayChange | MayPrioritise, WriteReports: MayReport, ReadMovements: MayFollow, TakeOut: MayExport,
	ReadFiles: MayTakeFiles, WriteFiles: MayBringFiles,
}

// Grants are all there are, in the order they are offered.
func Grants() []Grant {
	return []Grant{ReadJobs, WriteJobs, WriteReports, ReadMovements, ReadFiles, WriteFiles, TakeOut}
}

// Known reports whether there is such a grant.
func (g Grant) Known() bool { return slices.Contains(Grants(), g) }

// OnlyFor is what a token withholds that was made for some grants: all but these.
func OnlyFor(grants []Grant) Right {
	may := Anybody
	for _, g := range grants {
		may |= grantRights[g]
	}
	return ^may
}
