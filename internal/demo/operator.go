package demo

import (
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

// Operator is who runs the service where the demo factory is alone: nobody who exists, and no address that reaches anybody.
func Operator() operator.Operator {
	return operator.Operator{Organisation: slug, Name: "Clicarity Demo", Address: "Unit 7, Kalpit Industrial Estate, Andheri East, Mumbai 400093",
		Email: "hello@demo.example", Grievance: operator.Contact{Name: "Meera Deshpande", Email: "privacy@demo.example"}, Try: true}
}

// Only reports whether the demo factory, and factories that visitors try, are all that there is.
func Only(all []postgres.Organisation) bool {
	return !slices.ContainsFunc(all, func(o postgres.Organisation) bool { return o.Slug != slug && o.Slug != trialSlug(o.ID) })
}

// trialSlug is the short name of a factory to try; no other organisation is called by its own id.
func trialSlug(org flow.ID) string { return "try-" + org.String() }
