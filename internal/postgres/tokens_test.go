package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// token stores a token with a hash of one byte.
func (f *firm) token(hash byte, now time.Time, grants ...flow.Grant) postgres.Token {
	f.t.Helper()
	tk := postgres.Token{ID: newID(f.t), Member: newID(f.t), Name: "Tally", Grants: grants, Given: flow.Given{Processes: []flow.ID{f.process.ID}}, Hash: [32]byte{hash}, By: f.owner,
		Created: now, Until: now.Add(30 * 24 * time.Hour)}
	if err := f.db.AddToken(f.t.Context(), f.org, tk); err != nil {
		f.t.Fatal(err)
	}
	return tk
}

func TestATokenLetsInForWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, now := t.Context(), time.Now()
	tk := f.token(7, now, flow.ReadJobs)
	p, err := f.db.TokenPerson(ctx, f.org, tk.Hash, now)
	if err != nil || p.Member != tk.Member || p.Role != flow.Program || p.Via != flow.ViaToken || !p.May(flow.MaySee) || p.May(flow.MayReport) || p.Session != tk.ID {
		t.Fatalf("%+v %v", p, err)
	}
	if !p.Scope.Whole(f.process.ID) || p.Scope.Whole(newID(t)) || p.Scope.Everything() {
		t.Errorf("scope %+v", p.Scope)
	}
	used := func() time.Time {
		list, err := f.db.Tokens(ctx, f.org, 10)
		if err != nil || len(list) != 1 || list[0].Name != "Tally" || len(list[0].Grants) != 1 || len(list[0].Given.Processes) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		return list[0].Used
	}
	first := used()
	for _, later := range []time.Duration{time.Second, 59 * time.Second} { // within the minute nothing is written
		if _, err := f.db.TokenPerson(ctx, f.org, tk.Hash, now.Add(later)); err != nil || !used().Equal(first) {
			t.Errorf("after %s: used at %s, %v", later, used(), err)
		}
	}
	if _, err := f.db.TokenPerson(ctx, f.org, tk.Hash, now.Add(2*time.Minute)); err != nil || used().Sub(first) < time.Minute {
		t.Errorf("after two minutes: used at %s, %v", used(), err)
	}
	if _, err := f.db.TokenPerson(ctx, f.org, tk.Hash, tk.Until); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("at its end: %v", err)
	}
	if err := f.db.RevokeToken(ctx, f.org, tk.ID, now); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.TokenPerson(ctx, f.org, tk.Hash, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
	if err := f.db.RevokeToken(ctx, f.org, tk.ID, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("revoked again: %v", err)
	}
	if names, err := f.db.MemberNames(ctx, f.org, 10); err != nil || len(names) != 1 {
		t.Errorf("programs are offered as people: %v %v", names, err)
	}
}

// A program whose member is given less sees less at once; one that is no program is not let in by a token.
func TestATokensMemberDecides(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	ctx, now := t.Context(), time.Now()
	tk := f.token(7, now, flow.ReadJobs)
	for _, sql := range []string{"update members set suspended_at = now() where id = $1", "update members set suspended_at = null, role = 'owner' where id = $1"} {
		if _, err := pgtest.Owner(t, url).Exec(ctx, sql, tk.Member); err != nil {
			t.Fatal(err)
		}
		if p, err := f.db.TokenPerson(ctx, f.org, tk.Hash, now); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("%s: %+v %v", sql, p, err)
		}
	}
}

func TestAnOrganisationHasSoManyTokens(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	now := time.Now()
	for i := range postgres.MaxTokens {
		f.token(byte(i), now, flow.ReadJobs)
	}
	one := postgres.Token{ID: newID(t), Member: newID(t), Name: "one more", Grants: flow.Grants(), Hash: [32]byte{1, 1}, By: f.owner, Created: now, Until: now.Add(time.Hour)}
	refused(t, f.db.AddToken(t.Context(), f.org, one), flow.TooMany)
	one.Created = now.Add(31 * 24 * time.Hour) // those that ended do not count
	if err := f.db.AddToken(t.Context(), f.org, one); err != nil {
		t.Error(err)
	}
}

// Whatever happens to tokens and to the identity provider is in the audit log, without names and secrets.
func TestTokensAreAudited(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	ctx, now := t.Context(), time.Now()
	tk := f.token(7, now, flow.ReadJobs)
	idp := postgres.IdentityProvider{Issuer: "https://login.example", ClientID: "clicarity", Secret: []byte("sealed"), Domains: []string{"sahyadri.example"}, By: f.owner, Changed: now}
	err := errors.Join(f.db.SetIdentityProvider(ctx, f.org, idp), second(f.db.TokenPerson(ctx, f.org, tk.Hash, now)), f.db.RevokeToken(ctx, f.org, tk.ID, now))
	idp.Required = true
	if err = errors.Join(err, f.db.SetIdentityProvider(ctx, f.org, idp), f.db.DropIdentityProvider(ctx, f.org)); err != nil {
		t.Fatal(err)
	}
	rows, err := pgtest.Owner(t, url).Query(ctx, "select what, content from audit where what ~ '^(token|identity)' order by seq")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var what, content string
		if err := rows.Scan(&what, &content); err != nil {
			t.Fatal(err)
		}
		if got = append(got, what); strings.Contains(content, "Tally") || strings.Contains(content, "sealed") || strings.Contains(content, fmt.Sprintf("%x", tk.Hash)) {
			t.Errorf("%s tells %s", what, content)
		}
	}
	if want := "token_added identity_provider_added token_changed identity_provider_changed identity_provider_removed"; strings.Join(got, " ") != want {
		t.Errorf("audited: %s", strings.Join(got, " "))
	}
}

// Letting a program in is one probe of an index, among many tokens too.
func TestATokenIsOneProbeOfAnIndex(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	now := time.Now()
	tk := f.token(7, now, flow.ReadJobs)
	conn := pgtest.Owner(t, url)
	_, err := conn.Exec(t.Context(), `insert into tokens select org_id, gen_random_uuid(), member_id, sha256(int8send(n)), grants, created_by, created_at, expires_at
		from tokens, generate_series(1, 20000) n; `)
	if err == nil {
		_, err = conn.Exec(t.Context(), "analyze tokens, members; ")
	}
	if err == nil {
		_, err = conn.Exec(t.Context(), "set role clicarity_app; ")
	}
	if err == nil {
		_, err = conn.Exec(t.Context(), "select set_config('app.org', $1, false)", f.org.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), "explain (analyze, costs off, timing off, summary off) "+postgres.SelectToken, f.org, tk.Hash[:], now)
	if err != nil {
		t.Fatal(err)
	}
	var plan []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	text := strings.Join(plan, "\n")
	if !strings.Contains(text, "Index Scan using tokens_hash on tokens t (actual rows=1 loops=1)") || strings.Contains(text, "Seq Scan on tokens") {
		t.Error(text)
	}
}

func TestTheCompanysAccountNamesAMember(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, other := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	ctx := t.Context()
	a, err := db.AccountIn(ctx, f.org, "owner@sahyadri.example")
	if err != nil || a.Member != f.owner || a.Role != flow.Owner || a.Slug != "sahyadri" {
		t.Errorf("%+v %v", a, err)
	}
	for _, login := range []string{"owner@konkan.example", "nobody@sahyadri.example", ""} {
		if a, err := db.AccountIn(ctx, f.org, login); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("%s: %+v %v", login, a, err)
		}
	}
	if _, err := db.IdentityProvider(ctx, other.org); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
	idp := postgres.IdentityProvider{Issuer: "https://login.example", ClientID: "c", Secret: []byte{1, 2}, Domains: []string{"sahyadri.example"}, Required: true, By: f.owner, Changed: time.Now()}
	if err := db.SetIdentityProvider(ctx, f.org, idp); err != nil {
		t.Fatal(err)
	}
	got, err := db.IdentityProvider(ctx, f.org)
	if err != nil || got.Issuer != idp.Issuer || string(got.Secret) != "\x01\x02" || !got.Required || len(got.Domains) != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if accounts, err := db.Accounts(ctx, "owner@sahyadri.example"); err != nil || len(accounts) != 1 || !accounts[0].Elsewhere || accounts[0].Slug != "sahyadri" {
		t.Errorf("%+v %v", accounts, err)
	}
	if accounts, err := db.Accounts(ctx, "owner@konkan.example"); err != nil || len(accounts) != 1 || accounts[0].Elsewhere {
		t.Errorf("%+v %v", accounts, err)
	}
}

func BenchmarkTokenPerson(b *testing.B) {
	f := openFirm(b, pgtest.New(b), "sahyadri")
	now := time.Now()
	tk := f.token(7, now, flow.ReadJobs)
	s := postgres.Session{Token: [32]byte{1}, Member: f.owner, On: "computer", Began: now, Until: now.Add(time.Hour), Idle: time.Hour}
	if err := f.db.AddSession(b.Context(), f.org, s); err != nil {
		b.Fatal(err)
	}
	b.Run("token", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.db.TokenPerson(b.Context(), f.org, tk.Hash, now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("session", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.db.Session(b.Context(), f.org, s.Token, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
