package letters

// NoticeVersion is the version of the notice of what is stored about people. It goes up when the notice says something else:
// then everybody who read the one before is shown it.
const NoticeVersion = 2

// Stored is one purpose for which something is stored about somebody, by the names that the register of personal data has for
// it.
type Stored struct {
	Purpose, Ground string
	Seen, Kept      []string
}

// Party is who stores it, and who hears complaints; without an address the company itself does.
type Party struct{ Organisation, Complaints, Email string }

// NoticeItem is a purpose as it is told.
type NoticeItem struct {
	Title, What, Why, Ground string
	Seen, Kept               []string
}

// Notice is what somebody is told in their language before anything is stored about them.
type Notice struct {
	Language string
	Version  int
	Title    string
	Lead     string
	Items    []NoticeItem
	Rights   []string // paragraphs
	Adult    string   // what they confirm
}

// NewNotice writes the notice in a language.
func NewNotice(language string, party Party, stored []Stored) Notice {
	language = Known(language)
	say := func(key string, pairs ...string) string { return Say(language, key, pairs...) }
	complaint := say("notice_complaint_company", "organisation", party.Organisation)
	if party.Email != "" {
		complaint = say("notice_complaint", "name", party.Complaints, "email", party.Email)
	}
	n := Notice{Language: language, Version: NoticeVersion, Title: say("notice_title"), Lead: say("notice_lead", "organisation", party.Organisation), Adult: say("notice_adult"),
		Rights: []string{say("notice_rights", "organisation", party.Organisation), say("notice_withdraw"), complaint, say("notice_board"), say("notice_guardian")}}
	for _, s := range stored {
		item := NoticeItem{Title: say("purpose_" + s.Purpose), What: say("purpose_" + s.Purpose + "_what"), Why: say("purpose_" + s.Purpose + "_why"), Ground: say("ground_" + s.Ground)}
		for _, code := range s.Seen {
			item.Seen = append(item.Seen, say("seen_"+code))
		}
		for _, code := range s.Kept {
			item.Kept = append(item.Kept, say("kept_"+code))
		}
		n.Items = append(n.Items, item)
	}
	return n
}

// Label is a word of the notice's own frame: what, why, ground, seen, kept, rights_title.
func (n Notice) Label(name string) string { return Say(n.Language, "notice_"+name) }

// Numbered says which version it is.
func (n Notice) Numbered(version string) string {
	return Say(n.Language, "notice_version", "version", version)
}
