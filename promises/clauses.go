package main

// clause is a sentence of the privacy policy, what the software does about it, where, and the tests that show it.
type clause struct {
	Number string
	Says   string   // what the policy says, in short
	Does   string   // what the software does
	Code   []string // where: files from the root
	Tests  []string // their names
}

// clauses are the policy's, in its order. One without a test is a gap, and so is one whose test does not pass.
var clauses = []clause{
	{"1", "who runs the service, and where",
		"One file says who runs an installation; the public site, notices and mails take it from there.",
		[]string{"internal/operator/operator.go"},
		[]string{"TestAFileSaysWhoRunsTheService"}},
	{"2a", "name, company and contact details when somebody asks for a demonstration",
		"The form stores what its notice names and nothing else; what comes in has an owner, a date to answer by and a date to be erased.",
		nil, nil},
	{"2b", "what the company shares when it is set up: stages, formats, words",
		"Templates, workbook, designer and words belong to the company like everything else.",
		[]string{"internal/web/start.go", "internal/blueprint/gallery.go"},
		[]string{"TestOrganisationsAreIsolated"}},
	{"2c", "job and production data that the team enters",
		"The platform. Each company's rows are under forced row-level security, and asked for by its id in code.",
		[]string{"internal/postgres/postgres.go"},
		[]string{"TestOrganisationsAreIsolated", "TestDroppingAnyPolicyIsNoticed", "TestNotYoursIsNotFound"}},
	{"2d", "basic analytics, browser and device type",
		"On the public site only, after consent. The platform keeps the family of browser and device with a sign-in and a movement, no address and no full name of the browser.",
		[]string{"internal/web/view.go"}, nil},
	{"3a", "to set up and configure the account", "See 2b.", []string{"internal/web/start.go"}, []string{"TestOrganisationsAreIsolated"}},
	{"3b", "to support",
		"Support sees nothing without an owner's grant: reason, what, until when; each look is noted before it is answered; ending it closes what is open.",
		[]string{"internal/web/support.go", "internal/postgres/grants.go"}, nil},
	{"3c", "to answer enquiries", "Each enquiry has a date to answer by.", nil, nil},
	{"3d", "to improve the product by usage patterns, anonymised",
		"Counts per feature and week, without members or ids, seen only where five companies and more contribute; each company can switch it off.",
		nil, nil},
	{"4", "no sale, no sharing, no internal access, no advertising",
		"A register of whom the program can reach, and for each all that it is sent; its client sends nothing else. With nothing configured it reaches nobody.",
		[]string{"internal/egress/register.go"},
		[]string{"TestADayOfTheDemoGoesNowhere", "TestOnlyWhatTheRegisterNamesIsSent", "TestOnlyEgressGoesOut", "TestWhoeverIsReachedIsInTheRegister", "TestPagesAreSmallAndKeepToThemselves"}},
	{"5a", "encryption at rest with AES-256", "Files, pictures and secrets are sealed with a key of each company, which the installation's master key wraps.", nil, nil},
	{"5b", "encryption in transit with TLS",
		"TLS 1.2 and newer by certificate files or an authority, HSTS, and no service in the clear; the ways to database and mail server are encrypted and checked.",
		[]string{"internal/https/https.go", "cmd/clicarity/door.go", "internal/postgres/encrypted.go", "internal/smtp/smtp.go"},
		[]string{"TestOldProtocolsAreRefused", "TestThePlainDoorOnlySendsToTheEncryptedOne", "TestAnAuthorityGivesCertificates", "TestARenewedCertificateIsUsed",
			"TestNothingIsServedInTheClear", "TestServeByHTTPS", "TestTheWayToTheDatabaseIsEncrypted"}},
	{"5c", "hosted on EC2 and S3, stored in PostgreSQL",
		"PostgreSQL and an S3-compatible store, or a directory, by configuration.", nil, nil},
	{"5d", "role-based access; users see only their authorised scope",
		"One policy that everything asks; every route is asked as everybody for everything.",
		[]string{"internal/flow/policy.go", "internal/web/authz_test.go"},
		[]string{"TestAuthorisationMatrix", "TestAnOperatorSeesOnlyTheirStages", "TestDroppingAnyPolicyIsNoticed"}},
	{"5e", "ISO 27001 certification in progress", "Evidence for its controls is made from the running installation.", nil, nil},
	{"6", "kept while the account is active; deleted within 90 days of closure; no more history than needed",
		"An owner closes the account; it can be undone for 30 days; then every row, file and key goes, and a signed certificate says so.", nil, nil},
	{"7", "third parties", "Each is off until configured, and in the register with what for, what it gets to know and its switch.",
		[]string{"internal/egress/register.go"}, []string{"TestTheRegisterSaysAllOfEachParty", "TestOnlyWhatTheRegisterNamesIsSent"}},
	{"8", "cookies; disabling them does not affect the platform",
		"The platform has one strictly necessary cookie for the session and no analytics at all; the public site asks first.", []string{"internal/httpd/session.go"}, nil},
	{"9", "access, correction, deletion, withdrawing consent",
		"Members download all that is kept about them, correct it, and are erased 48 hours after they ask; others ask by a public form and show their address first; owners answer within 30 days.",
		[]string{"internal/postgres/pack.go", "internal/postgres/erase.go", "internal/postgres/redact.go", "internal/postgres/rights.go", "internal/web/mydata.go", "internal/web/desk.go", "internal/web/rightsform.go"},
		[]string{"TestAPackIsAllOfOneAndNothingOfAnother", "TestAnErasedPersonIsNowhere", "TestRedactingWordsLeavesTheSums", "TestVerifyNoticesFalseRedactions", "TestOwnersAreRemindedOnce",
			"TestPeopleDownloadTheirData", "TestPeopleCorrectTheirData", "TestPeopleAskToBeErased", "TestACustomerAsksByThePublicForm"}},
	{"10", "not for people under 18", "Who joins confirms to be 18 or older; who is not is refused with a clear sentence; no dates of birth are stored.",
		[]string{"internal/web/join.go"}, []string{"TestSomebodyJoinsByInvitation"}},
	{"11", "changes are notified by e-mail; the date is at the top", "Versions of the policy; a material change is written to every owner once, before it takes effect.", nil, nil},
	{"12", "contact; the DPDP Act", "Every stored personal field is in a register with purpose and ground, from which notices, answers and erasure are made.",
		[]string{"internal/privacy/register.go", "internal/operator/operator.go"},
		[]string{"TestEveryColumnIsInTheRegister", "TestWhoeverAColumnNamesIsInTheRegister", "TestTheRegisterFitsTogether"}},
}
