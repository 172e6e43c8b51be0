package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"clicarity/internal/evidence"
	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

// gatherer makes the tables of evidence from what the database says now, in the reader's language.
type gatherer struct {
	*view
	r   *http.Request
	ctx context.Context //nolint:containedctx // of one request, for its tables
}

// dossier is all evidence of the reader's organisation.
func (w *Web) dossier(r *http.Request, v *view) (evidence.Dossier, error) {
	g := gatherer{v, r, r.Context()}
	d := evidence.Dossier{Organisation: v.Who.OrgName, Made: v.Now.In(v.Zone), Program: w.Program, Language: v.Lang}
	for _, t := range []struct {
		topic   evidence.Topic
		columns string // keys of words, separated by spaces
		rows    func() ([][]string, error)
	}{
		{evidence.Register, "table about fields purposes", g.register},
		{evidence.People, "name role sees second seen state since", g.people},
		{evidence.Reviews, "at name people", g.reviews},
		{evidence.SignIn, "role needed people second", g.signIn},
		{evidence.Support, "why at until name opened ended", g.support},
		{evidence.Suppliers, "name for data switch state", g.suppliers},
		{evidence.Breaches, "noticed entered what people told_people told_board told_full closed", g.breaches},
		{evidence.Chains, "chain length checked head", g.chains},
		{evidence.Watch, "event n last", g.watch},
		{evidence.Deletions, "event n last", g.deletions},
		{evidence.Backups, "at until how", g.backups},
		{evidence.Drills, "at took outcome", g.drills},
		{evidence.Keys, "use how made retired", g.keys},
		{evidence.Tests, "rule test", g.tests},
		{evidence.Migrations, "name at digest", g.migrations},
	} {
		rows, err := t.rows()
		if err != nil {
			return d, err
		}
		table := evidence.Table{Topic: t.topic, Rows: rows, Cut: len(rows) >= postgres.EvidenceMost}
		for _, c := range strings.Fields(t.columns) {
			table.Columns = append(table.Columns, v.T("evidence_col_"+c))
		}
		d.Tables = append(d.Tables, table)
	}
	return d, nil
}

// at is a moment as files have it: they are read on other days.
func (g gatherer) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(g.Zone).Format("02-01-2006 15:04")
}

func (g gatherer) yes(is bool) string {
	if is {
		return g.T("answer_yes")
	}
	return g.T("answer_no")
}

func (g gatherer) register() (rows [][]string, _ error) {
	for _, t := range privacy.Register {
		var purposes, fields []string
		for _, f := range t.Fields {
			purposes, fields = withWord(purposes, g.T("purpose_"+string(f.Purpose))), append(fields, f.Column)
		}
		rows = append(rows, []string{t.Name, t.About, strings.Join(fields, ", "), strings.Join(purposes, "; ")})
	}
	return rows, nil
}

func (g gatherer) people() (rows [][]string, _ error) {
	list, err := g.w.DB.Access(g.ctx, g.Who.Org, postgres.EvidenceMost)
	if err != nil {
		return nil, err
	}
	h, err := g.w.house(g.r, g.Who)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		state := "evidence_is_here"
		switch {
		case !a.Left.IsZero():
			state = "person_is_left"
		case !a.Suspended.IsZero():
			state = "person_is_suspended"
		}
		rows = append(rows, []string{a.Name, g.T("role_" + string(a.Role)), g.scopeWords(h, a.Role, a.Given), g.yes(a.Second), g.at(a.Seen), g.T(state), g.at(a.Created)})
	}
	return rows, nil
}

func (g gatherer) reviews() (rows [][]string, _ error) {
	list, err := g.w.DB.AccessReviews(g.ctx, g.Who.Org, postgres.EvidenceMost)
	if err != nil {
		return nil, err
	}
	ids := make([]flow.ID, len(list))
	for i, r := range list {
		ids[i] = r.By
	}
	names, err := g.w.DB.Names(g.ctx, g.Who.Org, ids)
	for _, r := range list {
		rows = append(rows, []string{g.at(r.At), names[r.By], g.Int(r.Members)})
	}
	return rows, err
}

func (g gatherer) signIn() (rows [][]string, _ error) {
	rules, err := g.w.DB.FactorRules(g.ctx, g.Who.Org)
	for _, r := range rules {
		rows = append(rows, []string{g.T("role_" + string(r.Role)), g.yes(r.Needed), g.Int(r.Members), g.Int(r.Armed)})
	}
	return rows, err
}

func (g gatherer) support() (rows [][]string, _ error) {
	list, err := g.w.DB.Grants(g.ctx, g.Who.Org, flow.ID{}, supportEvidence)
	if err != nil {
		return nil, err
	}
	var ids []flow.ID
	for _, grant := range list {
		ids = append(ids, grant.Member)
	}
	names, err := g.w.DB.Names(g.ctx, g.Who.Org, ids)
	for _, grant := range list {
		rows = append(rows, []string{grant.Reason, g.at(grant.At), g.at(grant.Until), names[grant.Member], g.at(grant.Opened), g.at(grant.Ended)})
	}
	return rows, err
}

const (
	supportEvidence = 500 // grants, with their reads
	drillsShown     = 100
	watched         = 396 * 24 * time.Hour // about thirteen months
)

func (g gatherer) suppliers() (rows [][]string, _ error) {
	list, err := g.w.parties(g.r, g.view)
	for _, p := range list {
		state := ""
		if p.State != "" {
			state = g.T("party_is_" + p.State)
		}
		rows = append(rows, []string{p.Name, p.Purpose, p.Data, p.Switch, state})
	}
	return rows, err
}

func (g gatherer) breaches() (rows [][]string, _ error) {
	list, err := g.w.DB.Breaches(g.ctx, g.Who.Org, flow.ID{}, postgres.EvidenceMost)
	for _, b := range list {
		people := ""
		if b.Account.People > 0 {
			people = g.Int(b.Account.People)
		}
		rows = append(rows, []string{g.at(b.Noticed), g.at(b.Opened), b.Account.What, people,
			g.at(b.Firsts[privacy.StepPeople]), g.at(b.Firsts[privacy.StepBoard]), g.at(b.Firsts[privacy.StepReport]), g.at(b.Firsts[privacy.StepClosed])})
	}
	return rows, err
}

func (g gatherer) chains() ([][]string, error) {
	movements, audit, err := g.w.DB.Chains(g.ctx, g.Who.Org)
	row := func(key string, c postgres.Chained) []string {
		return []string{g.T(key), g.Int(int(c.Seq)), g.Int(int(c.Checked)), hex.EncodeToString(c.Hash)}
	}
	return [][]string{row("evidence_movements", movements), row("evidence_audit", audit)}, err
}

// watch is what was noticed of misuse: of the last thirteen months.
func (g gatherer) watch() ([][]string, error) {
	return g.noted(func(what string) bool {
		return what == postgres.AuditWrong || what == postgres.AuditRefused || what == postgres.AuditTVCode || what == postgres.AuditRead || what == postgres.AuditExport
	})
}

// deletions are what was removed and who left, in the same months.
func (g gatherer) deletions() ([][]string, error) {
	return g.noted(func(what string) bool {
		return strings.HasSuffix(what, "_removed") || strings.Contains(what, "erased") || strings.HasPrefix(what, "closure")
	})
}

func (g gatherer) noted(wanted func(what string) bool) (rows [][]string, _ error) {
	list, err := g.w.DB.AuditCounts(g.ctx, g.Who.Org, g.Now.Add(-watched))
	for _, n := range list {
		if wanted(n.What) {
			rows = append(rows, []string{strings.ReplaceAll(n.What, "_", " "), g.Int(int(n.N)), g.at(n.Last)})
		}
	}
	return rows, err
}

// drills are those that whoever runs the service recorded: for everybody the same, without figures of others.
func (g gatherer) drills() (rows [][]string, _ error) {
	if g.w.Drills == nil {
		return nil, nil
	}
	list, err := g.w.Drills(g.ctx, drillsShown)
	for _, d := range list {
		outcome := g.T("evidence_sound")
		if d.Fault != "" {
			outcome = g.T("evidence_fault")
		}
		rows = append(rows, []string{g.at(d.Began), d.Took.Round(time.Second).String(), outcome})
	}
	return rows, err
}

// backups are those there are, of the whole installation. A store that does not answer shows none: it is the operator who is told.
func (g gatherer) backups() (rows [][]string, _ error) {
	if g.w.Backups == nil {
		return nil, nil
	}
	list, err := g.w.Backups(g.ctx)
	if err != nil {
		g.w.Log.Warn("the store of backups does not answer", "error", err)
		return nil, g.ctx.Err()
	}
	for _, b := range list {
		rows = append(rows, []string{g.at(b.Made), g.at(b.Until), "AES-256-GCM, HKDF-SHA-256"})
	}
	return rows, nil
}

// keys are what is encrypted and signed, and how, and the keys of the organisation.
func (g gatherer) keys() ([][]string, error) {
	const sealed = "AES-256-GCM, HKDF-SHA-256"
	rows := [][]string{
		{g.T("evidence_key_audit"), "Ed25519, " + g.w.trailKey().Fingerprint(), "", ""},
		{g.T("evidence_key_seeds"), sealed, "", ""},
		{g.T("evidence_key_mails"), sealed, "", ""},
		{g.T("evidence_key_provider"), sealed, "", ""},
		{g.T("evidence_key_passwords"), "Argon2id", "", ""},
		{g.T("evidence_key_links"), "HMAC-SHA-256", "", ""},
	}
	list, err := g.w.DB.KeyVersions(g.ctx, g.Who.Org)
	for _, k := range list {
		rows = append(rows, []string{g.T("evidence_key_own", "n", k.Version), "AES-256-GCM", g.at(k.Made), g.at(k.Retired)})
	}
	return rows, err
}

func (g gatherer) tests() (rows [][]string, _ error) {
	for _, h := range evidence.HeldRules() {
		rows = append(rows, []string{h.Rule, h.Test})
	}
	return rows, nil
}

func (g gatherer) migrations() (rows [][]string, _ error) {
	list, err := g.w.DB.Migrations(g.ctx)
	for _, m := range list {
		rows = append(rows, []string{strings.TrimPrefix(m.Name, "migrations/"), g.at(m.At), m.Digest})
	}
	return rows, err
}
