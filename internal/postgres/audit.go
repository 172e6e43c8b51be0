package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Actor is in whose name something is done, for the audit log. The database writes changes of set-up there by itself,
// in the transaction of the change; see append_audit and audited in the migrations.
type Actor struct {
	Member flow.ID   `json:"member,omitzero"`
	Device string    `json:"device,omitempty"`
	Via    flow.Via  `json:"via,omitempty"`
	At     time.Time `json:"at"`
}

type actorKey struct{}

// As is a context in which everything is done in an actor's name.
func As(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// actorIn is the actor of a context as the database reads it, empty for nobody: the program itself.
func actorIn(ctx context.Context) string {
	a, ok := ctx.Value(actorKey{}).(Actor)
	if !ok {
		return ""
	}
	b, err := json.Marshal(a)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return string(b)
}

// What an entry of the audit log can say happened, beside the changes that the database notes by itself
// (member_added, process_changed ...).
const (
	AuditSignIn  = "sign_in"        // somebody came in; Detail: via
	AuditSignOut = "sign_out"       //
	AuditWrong   = "sign_in_failed" // the password, the PIN or the code was wrong; ID: the member it was for; Detail: with what
	AuditAsked   = "reset_asked"    // a link to set a new password was sent; ID: the member
	AuditReset   = "password_reset" // a new password was set by such a link
	AuditCodes   = "recovery_codes" // new recovery codes were made
	AuditEnded   = "session_ended"  // somebody ended a session of theirs elsewhere; ID: the session, or all
	AuditRefused = "refused"        // somebody asked for what they may not; Detail: method, path; or action, rule and ID: the job
	AuditExport  = "export"         // a list went out as a file; Detail: what, rows
	AuditLink    = "link_used"      // ID: the link
	AuditRead    = "support_read"   // support asked for something; ID: of what, if it has one; Detail: method, path
	AuditErased  = "enquiry_erased" // an enquiry was erased before its time; ID: the enquiry
	AuditTVCode  = "tv_code_wrong"  // somebody typed a code that no TV shows
)

// Event is something to note in the audit log.
type Event struct {
	What   string
	ID     string            // of what it concerns, empty when there is no such thing
	Detail map[string]string // never a name, an address or a secret
}

// Audit notes something in an organisation's audit log, in the name of the context's actor.
func (db *DB) Audit(ctx context.Context, org flow.ID, e Event) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) { queueAudit(b, org, e) })
}

func queueAudit(b *pgx.Batch, org flow.ID, e Event) {
	b.Queue("select append_audit($1, $2, nullif($3, ''), nullif($4::jsonb, '{}'))", org, e.What, e.ID, detail(e))
}

func detail(e Event) string {
	if len(e.Detail) == 0 {
		return "{}"
	}
	b, err := json.Marshal(e.Detail)
	if err != nil { // texts always marshal
		panic(err)
	}
	return string(b)
}
