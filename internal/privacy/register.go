package privacy

// How things that many tables have are kept.
var (
	// doer is who did something to how the company works.
	doer = Field{Purpose: Setup, Seen: Owners, Kept: History, Export: Plain, Erase: Stays}
	// secret is what lets somebody in: it is a hash, or sealed.
	secret = Field{Purpose: SignIn, Seen: Senders, Kept: Membership, Export: Said, Erase: Row}
	// own is what belongs to a secret, as its owner sees it.
	own = Field{Purpose: SignIn, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row}
	// member is what the company knows of its people.
	member = Field{Whose: "id", Purpose: Access, Seen: Managers, Kept: Membership, Export: Plain, Erase: Stays}
	// record is a text of the company's jobs, in which somebody may be named.
	record = Field{Purpose: Records, Seen: Colleagues, Kept: History, Export: Plain, Erase: Redact}
	// copied is a text of the jobs' once more, made from it.
	copied = record
	// breach is who looked after a breach or reviewed something: the record of it stays as it is, which is what it is for.
	breach = Field{Purpose: Security, Seen: Owners, Kept: History, Export: Plain, Erase: Stays}
	// enquired is what somebody who is no member writes by the public site, or books.
	enquired = Field{Purpose: Enquiry, Seen: Operators, Kept: Until, Export: Plain, Erase: Row}
	// asked is what somebody asked about their data and was told.
	asked = Field{Purpose: Rights, Seen: Owners, Kept: History, Export: Plain, Erase: Clear}
	// unproven is what somebody asked whose address is not shown to be theirs yet.
	unproven = Field{Purpose: Rights, Seen: Senders, Kept: Minutes, Export: Plain, Erase: Row}
	// choice is an act of somebody about what is kept of them.
	choice = Field{Whose: "subject", Purpose: Choices, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Stays}
	// session is what is known of somebody who is logged in.
	session = Field{Whose: "member_id", Purpose: SignIn, Seen: Themselves, Kept: Session, Export: Plain, Erase: Row}
)

// of is a field like another, in a column, about the member whose id is in another (or the same) column.
func (f Field) of(whose, column string) Field { f.Whose, f.Column = whose, column; return f }

// in is a field like another, in a column, about nobody whose id is in the row.
func (f Field) in(column string) Field { f.Column = column; return f }

// with changes a field.
func (f Field) with(change func(*Field)) Field { change(&f); return f }

func said(f *Field)      { f.Export = Said }
func managers(f *Field)  { f.Seen = Managers }
func stays(f *Field)     { f.Erase = Stays }
func forRights(f *Field) { f.Purpose, f.Seen = Rights, Owners }

// Register is every table. A test compares it with the database, column by column: a migration that adds a column is red
// until the column is here.
var Register = []Table{
	{Name: "members", About: "the person", Rest: "org_id", Fields: []Field{
		member.in("id"),
		{Column: "name", Whose: "id", Purpose: Identify, Seen: Colleagues, Kept: Membership, Export: Plain, Erase: Pseudonym},
		member.in("role"), member.in("given"), member.in("created_at"), member.in("suspended_at"), member.in("left_at"),
		{Column: "language", Whose: "id", Purpose: Comfort, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Stays},
		{Column: "letters", Whose: "id", Purpose: Comfort, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Stays},
		{Column: "password_hash", Whose: "id", Purpose: SignIn, Seen: Senders, Kept: Membership, Export: Said, Erase: Clear},
		{Column: "own_password", Whose: "id", Purpose: SignIn, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Stays},
		{Column: "seen_at", Whose: "id", Purpose: Security, Seen: Managers, Kept: Membership, Export: Plain, Erase: Clear},
		{Column: "seen_on", Whose: "id", Purpose: Security, Seen: Managers, Kept: Membership, Export: Plain, Erase: Clear},
		member.in("erased_at"),
		{Column: "notice", Whose: "id", Purpose: Choices, Seen: Managers, Kept: Membership, Export: Plain, Erase: Stays},
	}},
	{Name: "logins", About: "what they log in with", Rest: "org_id", Fields: []Field{
		own.of("member_id", "login").with(managers), own.of("member_id", "member_id").with(managers)}},
	{Name: "authenticators", About: "the authenticator app", Rest: "org_id last_step", Fields: []Field{
		own.of("member_id", "member_id"), secret.of("member_id", "seed"), own.of("member_id", "created_at")}},
	{Name: "recovery_codes", About: "recovery codes", Rest: "org_id", Fields: []Field{
		own.of("member_id", "member_id"), secret.of("member_id", "hash")}},
	{Name: "passkeys", About: "passkeys", Rest: "org_id id", Fields: []Field{
		own.of("member_id", "member_id"), secret.of("member_id", "credential"), own.of("member_id", "name"), secret.of("member_id", "body"),
		own.of("member_id", "created_at"), own.of("member_id", "used_at")}},
	{Name: "passkey_questions", About: "answers of passkeys that were used", Rest: "org_id hash answered_at"},
	{Name: "pins", About: "the PIN", Rest: "org_id", Fields: []Field{
		own.of("member_id", "member_id").with(managers), secret.of("member_id", "hash"), own.of("member_id", "set_at").with(managers)}},
	{Name: "pin_tries", About: "wrong PINs", Rest: "org_id device_id", Fields: []Field{
		own.of("member_id", "member_id"), own.of("member_id", "wrong"), own.of("member_id", "locked_until")}},
	{Name: "badges", About: "the badge", Rest: "org_id", Fields: []Field{
		own.of("member_id", "member_id").with(managers), secret.of("member_id", "token_hash"), own.of("member_id", "made_at").with(managers)}},
	{Name: "resets", About: "links for a new password", Rest: "org_id expires_at", Fields: []Field{
		own.of("member_id", "member_id"), secret.of("member_id", "token_hash")}},
	{Name: "sessions", About: "where they are logged in", Rest: "org_id id idle_seconds stale was_until", Fields: []Field{
		session.in("member_id"), session.in("device"), session.in("device_id"), session.in("grant_id"), session.in("created_at"),
		session.in("expires_at"), session.in("seen_at"), session.in("via"), session.in("factor"),
		session.in("token_hash").with(said), session.in("was_hash").with(said)}},
	{Name: "invitations", About: "invitations", Rest: "org_id id created_at until_at revoked_at", Fields: []Field{
		{Column: "login", Whose: "used_by", Purpose: Access, Seen: Managers, Kept: Month, Export: Plain, Erase: Row},
		{Column: "name", Whose: "used_by", Purpose: Access, Seen: Managers, Kept: Month, Export: Plain, Erase: Row},
		{Column: "role", Whose: "used_by", Purpose: Access, Seen: Managers, Kept: Month, Export: Plain, Erase: Row},
		{Column: "given", Whose: "used_by", Purpose: Access, Seen: Managers, Kept: Month, Export: Plain, Erase: Row},
		{Column: "used_at", Whose: "used_by", Purpose: Access, Seen: Managers, Kept: Month, Export: Plain, Erase: Row},
		{Column: "used_by", Whose: "used_by", Purpose: Access, Seen: Managers, Kept: Month, Export: Plain, Erase: Row},
		{Column: "token_hash", Whose: "used_by", Purpose: Access, Seen: Senders, Kept: Month, Export: Said, Erase: Row},
		doer.of("invited_by", "invited_by").with(func(f *Field) { f.Kept = Month }),
	}},
	{Name: "board_views", About: "saved views of the board", Rest: "org_id id place", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Comfort, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "name", Whose: "member_id", Purpose: Comfort, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "query", Whose: "member_id", Purpose: Comfort, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row},
	}},
	{Name: "uploads", About: "lists that are being brought in", Rest: "org_id id created_at mapping", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Records, Seen: Themselves, Kept: Minutes, Export: Plain, Erase: Row},
		{Column: "file_name", Whose: "member_id", Purpose: Records, Seen: Themselves, Kept: Minutes, Export: Plain, Erase: Row},
		{Column: "content", Whose: "member_id", Purpose: Records, Seen: Themselves, Kept: Minutes, Export: Plain, Erase: Row},
	}},
	{Name: "head_mails", About: "who gets the audit log's head by mail", Rest: "org_id day", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Security, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row}}},

	{Name: "rights_requests", About: "requests about their data", Rest: "org_id id", Fields: []Field{
		asked.of("member_id", "member_id").with(stays), asked.of("member_id", "kind").with(stays), asked.of("member_id", "state").with(stays), asked.of("member_id", "opened_at").with(stays),
		asked.of("member_id", "due_at").with(stays), asked.of("member_id", "erase_at").with(stays), asked.of("member_id", "answered_at").with(stays), asked.of("member_id", "reminded").with(stays),
		asked.of("member_id", "language").with(stays), asked.of("member_id", "name"), asked.of("member_id", "contact"), asked.of("member_id", "body"), asked.of("member_id", "answer"),
		doer.of("handled_by", "handled_by").with(func(f *Field) { f.Purpose = Rights }),
	}},
	{Name: "rights_steps", About: "what was done about requests", Rest: "org_id request_id n at what", Fields: []Field{
		doer.of("by", "by").with(func(f *Field) { f.Purpose = Rights })}},
	{Name: "rights_mentions", About: "texts out of which a name is taken", Rest: "org_id request_id place row_key"},
	{Name: "rights_checks", About: "requests that wait for an address to be shown", Rest: "org_id token_hash until_at", Fields: []Field{
		unproven.in("kind"), unproven.in("name"), unproven.in("email"), unproven.in("language"), unproven.in("body")}},
	{Name: "nominees", About: "whom they name to act for them", Rest: "org_id", Fields: []Field{
		own.of("member_id", "member_id").with(forRights), own.of("member_id", "name").with(forRights), own.of("member_id", "contact").with(forRights), own.of("member_id", "named_at").with(forRights)}},
	{Name: "login_proofs", About: "new addresses that wait for a mail to be opened", Rest: "org_id until_at", Fields: []Field{
		own.of("member_id", "member_id"), own.of("member_id", "login"), own.of("member_id", "replaces"), secret.of("member_id", "token_hash")}},

	{Name: "movements", About: "what was done on jobs", Rest: "org_id seq job_id command_id part kind stage occurred_at recorded_at mark hash redacted", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Identify, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
		{Column: "device", Whose: "member_id", Purpose: Security, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
		record.of("member_id", "facts"),
	}},
	{Name: "redactions", About: "texts and pictures taken out of the history", Rest: "org_id entry job_id seq picture_id content hash reason"},
	{Name: "receipts", About: "commands that were answered", Rest: "org_id command_id fingerprint first_seq last_seq jobs"},
	{Name: "log_heads", About: "the end of the history", Rest: "org_id seq hash fold fold_job closed"},
	{Name: "jobs", About: "jobs", Rest: "org_id id process_id version number number_key due status parent_id site moved_at left_at", Fields: []Field{
		copied.in("state")}},
	{Name: "work", About: "jobs at their stages", Rest: "org_id job_id stage process_id status on_hand ready_at station due away again quiet_at", Fields: []Field{
		{Column: "assigned", Whose: "assigned", Purpose: Identify, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
		{Column: "awaits", Whose: "awaits", Purpose: Identify, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
	}},
	{Name: "job_words", About: "words of jobs, to find them by", Rest: "org_id job_id", Fields: []Field{copied.in("word")}},
	{Name: "word_parts", About: "parts of words, to find them by", Rest: "org_id", Fields: []Field{copied.in("part"), copied.in("word")}},
	{Name: "job_terms", About: "lists that jobs are on", Rest: "org_id process_id status due job_id", Fields: []Field{copied.in("term")}},
	{Name: "job_lots", About: "lots of material", Rest: "org_id lot_key way job_id stage place lot quantity"},
	{Name: "job_waste", About: "wastage above the limit", Rest: "org_id job_id stage process_id share"},
	{Name: "nonconformances", About: "non-conformances", Rest: "org_id id job_id stage number raised_at due open"},
	{Name: "pictures", About: "photos and signatures", Rest: "org_id id job_id stage added_at sent sha256 media kept erased_at", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Identify, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
		record.of("member_id", "bytes"), copied.of("member_id", "thumb"),
	}},
	{Name: "files", About: "files of jobs", Rest: "org_id id job_id stage added_at media size sha256 object sealed_key scan scan_at kept", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Identify, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
		record.of("member_id", "name"), copied.of("member_id", "thumb").with(stays),
	}},
	{Name: "challans", About: "what was sent to vendors", Rest: "org_id number vendor_id expected sent_at goods", Fields: []Field{
		{Column: "sent_by", Whose: "sent_by", Purpose: Identify, Seen: Colleagues, Kept: History, Export: Plain, Erase: Stays},
		record.of("sent_by", "note"),
	}},
	{Name: "challan_lines", About: "lines of challans", Rest: "org_id number job_id stage quantity left_there"},
	{Name: "challan_series", About: "numbers of challans", Rest: "org_id year next_number"},
	{Name: "vendors", About: "vendors", Rest: "org_id id place", Fields: []Field{
		record.in("name"), member.of("member_id", "member_id")}},
	{Name: "links", About: "links for vendors and customers", Rest: "org_id id kind vendor_id job_id created_at expires_at revoked_at uses used_at", Fields: []Field{
		doer.of("created_by", "created_by")}},
	{Name: "link_challans", About: "what a vendor's link opens", Rest: "org_id link_id number"},

	{Name: "facts", About: "figures of jobs", Rest: "org_id job_id kind n process_id stage site product vendor_id station reason day since at m spans", Fields: []Field{
		copied.in("customer")}},
	{Name: "tallies", About: "sums of figures", Rest: "org_id by day process_id stage site sums dists", Fields: []Field{
		{Column: "value", Purpose: Figures, Seen: Owners, Kept: History, Export: Plain, Erase: Stays}}}, // a member's id, in the figures by person
	{Name: "busy_days", About: "how long stations ran", Rest: "org_id day process_id stage site station runs busy"},
	{Name: "followers", About: "how far the background work is", Rest: "org_id name seq state"},
	{Name: "forecast_models", About: "what forecasts are made from", Rest: "org_id process_id learned_at since jobs of_jobs model"},
	{Name: "forecast_days", About: "how good forecasts were", Rest: "org_id process_id day dates_50 met_50 dates_85 met_85"},
	{Name: "forecast_late", About: "jobs that may be late", Rest: "org_id job_id process_id due chance p50 p85 n risk"},
	{Name: "forecast_nights", About: "nights of learning", Rest: "org_id night holder held_until"},

	{Name: "organisations", About: "the company", Rest: "org_id slug name timezone created_at second_factor settings support_until person_figures usage trial_since keep_months emptied_to emptied_job", Fields: []Field{
		doer.of("kept_by", "kept_by")}},
	{Name: "usage", About: "how often parts of the product are used", Rest: "org_id week feature n"},
	{Name: "usage_told", About: "how often five and more organisations used them", Rest: "org_id week feature organisations n"},
	{Name: "processes", About: "processes", Rest: "org_id id name version next_number"},
	{Name: "process_versions", About: "versions of processes", Rest: "org_id process_id version definition"},
	{Name: "process_drafts", About: "processes being designed", Rest: "org_id process_id version definition saved_at", Fields: []Field{
		doer.of("saved_by", "saved_by")}},
	{Name: "number_series", About: "numbers of jobs", Rest: "org_id process_id year next_number"},
	{Name: "calendars", About: "calendars", Rest: "org_id code version standard body changed_at", Fields: []Field{
		doer.of("changed_by", "changed_by")}},
	{Name: "calendar_changes", About: "changes of calendars", Rest: "org_id code version standard body changed_at", Fields: []Field{
		doer.of("changed_by", "changed_by")}},
	{Name: "words", About: "the company's words", Rest: "org_id version body changed_at", Fields: []Field{
		doer.of("changed_by", "changed_by")}},
	{Name: "wizards", About: "setting up, step by step", Rest: "org_id id changed_at done_at", Fields: []Field{
		doer.of("changed_by", "changed_by"), record.in("body").with(managers)}},
	{Name: "sites", About: "sites", Rest: "org_id code name"},
	{Name: "column_maps", About: "what columns of lists mean", Rest: "org_id header_key mapping"},
	{Name: "devices", About: "shared devices and TVs", Rest: "org_id id name place given created_at pair_hash pair_until token_hash paired_at seen_at seen_on suspended_at wrong wrong_since shows process_id language customers"},
	{Name: "tv_codes", About: "codes that TVs show", Rest: "org_id token_hash code_hash until seen_on claimed_by"},
	{Name: "tokens", About: "tokens for programs", Rest: "org_id id member_id hash grants created_at expires_at revoked_at used_at", Fields: []Field{ // their member is a program
		doer.of("created_by", "created_by")}},
	{Name: "identity_providers", About: "log-in with the company", Rest: "org_id issuer client_id secret domains required changed_at", Fields: []Field{
		doer.of("changed_by", "changed_by")}},
	{Name: "support_grants", About: "support access", Rest: "org_id id help given token_hash granted_at until bound_hash opened_at ended_at", Fields: []Field{
		{Column: "granted_by", Whose: "granted_by", Purpose: Support, Seen: Owners, Kept: History, Export: Plain, Erase: Stays},
		{Column: "ended_by", Whose: "ended_by", Purpose: Support, Seen: Owners, Kept: History, Export: Plain, Erase: Stays},
		{Column: "member_id", Whose: "member_id", Purpose: Support, Seen: Owners, Kept: History, Export: Plain, Erase: Stays},
		{Column: "reason", Whose: "granted_by", Purpose: Support, Seen: Owners, Kept: History, Export: Plain, Erase: Redact},
	}},
	{Name: "breaches", About: "breaches of personal data", Rest: "org_id id noticed_at opened_at", Fields: []Field{
		breach.of("opened_by", "opened_by")}},
	{Name: "breach_steps", About: "what was done about breaches", Rest: "org_id breach_id n id kind at", Fields: []Field{ // the letter's body names members by id
		breach.of("member_id", "member_id"), breach.of("member_id", "body")}},
	{Name: "access_reviews", About: "reviews of who has access", Rest: "org_id id reviewed_at members", Fields: []Field{
		breach.of("reviewed_by", "reviewed_by")}},
	{Name: "drills", About: "backups brought back to try them", Rest: "org_id id began_at seconds bytes organisations movements fault"},
	{Name: "outbox", About: "mails to people", Rest: "org_id number kind key created_at due_at until_at tries sent_at failed_at offered_at bounced_at dropped", Fields: []Field{
		{Column: "recipient", Purpose: Letters, Seen: Owners, Kept: Month, Export: Plain, Erase: Row},
		{Column: "content", Purpose: Letters, Seen: Senders, Kept: Minutes, Export: Said, Erase: Row},
		{Column: "failure", Purpose: Letters, Seen: Owners, Kept: Month, Export: Plain, Erase: Row},
		{Column: "consent_of", Whose: "consent_of", Purpose: Letters, Seen: Senders, Kept: Month, Export: Plain, Erase: Row},
	}},
	{Name: "closures", About: "closing the account", Rest: "org_id closed_at undo_until delete_from delete_by noted_at undone_at told begun_at counts done_at certificate", Fields: []Field{
		doer.of("closed_by", "closed_by"), doer.of("undone_by", "undone_by"),
		{Column: "because", Whose: "closed_by", Purpose: Setup, Seen: Owners, Kept: History, Export: Plain, Erase: Redact},
		{Column: "contacts", Purpose: Letters, Seen: Senders, Kept: Until, Export: Said, Erase: Expires}, // of owners, until the certificate has gone
	}},
	{Name: "enquiries", About: "enquiries by the public site", Rest: "org_id id source state notice_version reply_by answered_at reminded_at erase_after", Fields: []Field{
		enquired.in("name"), enquired.in("company"), enquired.in("email"), enquired.in("phone"), enquired.in("message"), enquired.in("mark").with(said), enquired.in("language"), enquired.in("page"),
		enquired.in("purpose"), enquired.in("created_at"), enquired.in("meeting_at"), enquired.in("news").with(func(f *Field) { f.Purpose = Choices }),
		doer.of("owner_id", "owner_id").with(func(f *Field) { f.Kept = Until }),
	}},
	{Name: "enquiry_steps", About: "what happened to an enquiry", Rest: "org_id id number at", Fields: []Field{
		enquired.in("enquiry_id"), enquired.in("what"), enquired.in("text"), enquired.in("meeting_at"), doer.of("by_id", "by_id").with(func(f *Field) { f.Kept = Until })}},
	{Name: "bookings", About: "demos booked with Calendly", Rest: "org_id created cancelled erase_after", Fields: []Field{
		enquired.in("enquiry_id"), enquired.in("invitee"), enquired.in("old_invitee"), enquired.in("new_invitee"), enquired.in("starts_at")}},
	{Name: "calendly_watch", About: "whether Calendly still tells", Rest: "org_id next_at taken_until state state_at fault checked_at good_at made_at told_at kinds filled_to walk_at walk_from"},
	{Name: "erased_guests", About: "that an enquiry was erased", Rest: "org_id erased_at", Fields: []Field{ // a digest, which leads to nobody
		enquired.in("digest").with(said).with(func(f *Field) { f.Purpose, f.Seen, f.Kept, f.Erase = Rights, Senders, Year, Stays })}},
	{Name: "site_consents", About: "choices about cookies, of nobody in particular", Rest: "org_id id version choices language at"},
	{Name: "trials", About: "factories that visitors try", Rest: "org_id tried_id owner_id operator_id made_at ended_at"},
	{Name: "org_keys", About: "the company's keys", Rest: "org_id kind version master wrapped made_at retired_at swept_at"},
	{Name: "mail_addresses", About: "addresses from which mails came back", Rest: "org_id", Fields: []Field{
		{Column: "address", Purpose: Letters, Seen: Managers, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "hard", Purpose: Letters, Seen: Managers, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "last_at", Purpose: Letters, Seen: Managers, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "status", Purpose: Letters, Seen: Managers, Kept: Membership, Export: Plain, Erase: Row},
	}},
	{Name: "consents", About: "what somebody agreed to and took back", Rest: "org_id number", Fields: []Field{ // a proof: it names people by id only and stays
		choice.in("subject"), choice.in("purpose"), choice.in("act"), choice.in("version"), choice.in("language"), choice.in("at"), choice.in("how"), choice.in("adult"),
		doer.of("by_id", "by_id").with(func(f *Field) { f.Purpose = Choices }),
	}},
	{Name: "told", About: "what they were told and have put away", Rest: "org_id", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Choices, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "topic", Whose: "member_id", Purpose: Choices, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row},
		{Column: "at", Whose: "member_id", Purpose: Choices, Seen: Themselves, Kept: Membership, Export: Plain, Erase: Row},
	}},
	{Name: "policies", About: "versions of the policies of the service", Rest: "org_id kind version body material changed_at published_at effective_at", Fields: []Field{
		doer.of("changed_by", "changed_by"), doer.of("published_by", "published_by")}},
	{Name: "news", About: "news about the service", Rest: "org_id id edition first texts changed_at sent_at", Fields: []Field{
		doer.of("changed_by", "changed_by"), doer.of("sent_by", "sent_by")}},
	{Name: "walks", About: "how far letters were written to people of all organisations", Rest: "org_id kind key begun_at told_to done_at written unreachable sent failed bounced dropped counted_at"},
	{Name: "audit", About: "the audit log", Rest: "org_id seq at what hash", Fields: []Field{
		{Column: "member_id", Whose: "member_id", Purpose: Security, Seen: Owners, Kept: Year, Export: Plain, Erase: Stays},
		{Column: "content", Whose: "member_id", Purpose: Security, Seen: Owners, Kept: Year, Export: Plain, Erase: Stays}, // names things by id only
	}},
	{Name: "audit_heads", About: "the end of the audit log", Rest: "org_id seq hash"},
}
