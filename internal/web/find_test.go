package web_test

import (
	"strings"
	"testing"

	"clicarity/internal/flow"
)

func TestSearchFindsWhatSomebodyMeans(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.create(f.process, flow.NewJob{Number: "JC-7", Customer: "Devgad Alphonso Growers", Item: "Mango box", Quantity: flow.One},
		flow.NewJob{Number: "JC-70", Customer: "Devgad Alphonso Growers", Item: "Pulp pouch", Quantity: flow.One},
		flow.NewJob{Number: "JC-8", Customer: "Lakshmi Sweets", Item: "Kaju katli <box>", Quantity: flow.One})
	owner := f.ownerBrowser()
	owner.get("/find/quick?q=alfonso").says(200, "JC-7", "JC-70", "Customers").hides("JC-8", "<html", "Items")
	owner.get("/find/quick?q=phonso+mang").says(200, "JC-7", "Customers", "Items", "Mango box").hides("JC-70")
	owner.get("/find/quick?q=laxmi").says(200, "JC-8", "Lakshmi Sweets", "Kaju katli <box>")
	owner.get("/find/quick?q=").says(200).hides("JC-7", "No job")
	owner.get("/find/quick?q=zzzz").says(200, "No job")
	owner.get("/find?q=alfonso").says(200, "JC-7", "JC-70", "Customers")
	job := f.jobNumbered("JC-7").String()
	owner.get("/find?q=jc-7").says(200, "JC-7", "Mango box", "What happened").hides("JC-70")
	for _, scan := range []string{"https://jobs.example.in/jobs/" + job, "HTTPS://JOBS.EXAMPLE.IN/JOBS/" + strings.ToUpper(job) + "/AT/PRINTING", "/jobs/" + job} {
		if r := owner.get("/find?q=" + scan); !strings.HasSuffix(r.at.Path, "/jobs/"+job) {
			t.Errorf("%s opens %s", scan, r.at.Path)
		}
	}
}

// Neither jobs nor the names of customers show to somebody who sees none of their jobs.
func TestSearchTellsNothingOfWhatIsOutOfScope(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	other.create(other.process, flow.NewJob{Number: "THEIRS-1", Customer: "Alphonso Exports", Item: "Crate", Quantity: flow.One})
	f.create(f.process, flow.NewJob{Number: "JC-7", Customer: "Devgad Alphonso Growers", Item: "Mango box", Quantity: flow.One})
	job := f.jobNumbered("JC-7").String()
	_, packer := f.member("Packer Pawar", flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "dispatch"}}})
	for _, q := range []string{"alfonso", "alphonso", "JC-7", "mango", "theirs-1", job, "/jobs/" + job, "crate"} {
		for _, path := range []string{"/find?q=", "/find/quick?q="} {
			packer.get(path+q).says(200).hides("Devgad", "Mango box", "Exports", "Crate")
		}
	}
	f.ownerBrowser().get("/find/quick?q=alfonso").says(200, "Devgad").hides("Exports", "THEIRS")
}
