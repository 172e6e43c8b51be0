package web

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

var placeholder = regexp.MustCompile(`\{\w+\}`)

// Every language has every phrase, with the same blanks to fill in.
func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	ws, err := readWords(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(ws.languages) < 2 {
		t.Errorf("only %v", ws.languages)
	}
	blanks := func(s string) []string { b := placeholder.FindAllString(s, -1); slices.Sort(b); return b }
	for _, l := range ws.languages {
		for key, phrase := range ws.phrases[fallback] {
			got, ok := ws.phrases[l.Code][key]
			if !ok || got == "" || !slices.Equal(blanks(got), blanks(phrase)) {
				t.Errorf("%s %s: %q", l.Code, key, got)
			}
		}
		if len(ws.phrases[l.Code]) != len(ws.phrases[fallback]) {
			t.Errorf("%s has %d phrases, English %d", l.Code, len(ws.phrases[l.Code]), len(ws.phrases[fallback]))
		}
	}
}

// Every phrase that pages and code name is there, and every refusal and movement has its words.
func TestEveryPhraseThatIsNamedIsThere(t *testing.T) {
	t.Parallel()
	ws, err := readWords(files)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{}
	named := regexp.MustCompile(`\.T "([a-z_]+[a-z])"`)
	pages, err := fs.Glob(files, "page/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := fs.ReadFile(files, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			want = append(want, m[1])
		}
	}
	for _, c := range []flow.Code{flow.Conflict, flow.BadCommand, flow.NumberTaken, flow.NumberMissing, flow.QuantityNeeded, flow.QuantityTooBig, flow.TooLong, flow.TooMany,
		flow.NothingHere, flow.AlreadyStarted, flow.AlreadyHeld, flow.OnHold, flow.NotHeld, flow.MoreThanHere, flow.OverLimit, flow.BackNoStage, flow.BackNoReason, flow.NothingEntered, flow.WasteNoReason, flow.ReasonUnknown,
		flow.HoldNoReason, flow.NoQuantities, flow.UndoNothing, flow.UndoNotYours, flow.UndoTooLate, flow.UndoDepends, flow.InTheFuture, flow.TooLongAgo,
		flow.UndoNoReason, flow.BackNotWhole, flow.CounterBackwards, flow.ApproverNeeded, flow.TooEarly, flow.GateClosed, flow.OverrideNotYours, flow.FieldMissing, flow.FieldWrong,
		flow.OutOfLimits, flow.CountNoReason, flow.AnswerNoNote, flow.NotOptional, flow.PassedAlready, flow.NothingChanged,
		flow.NameMissing, flow.NameTwice, flow.StageMissing, flow.ValueWrong, flow.ChoicesMissing, flow.LimitsWrong, flow.NeedsWrong, flow.PublishedAlready,
		flow.ComponentsMissing, flow.ComponentsShort, flow.NotALot, flow.UndoAcross, flow.TrackJoinsNothing, flow.TrackEmpty, flow.VendorMissing, flow.MoreThanOut, flow.NoJobs,
		flow.WordWrong, flow.WordsChanged,
		flow.SizesNeeded, flow.SizesDiffer, flow.SecondLeft, flow.GradesDiffer, flow.LotNeeded, flow.LotOutNeeded, flow.NCWhat, flow.NCClosed, flow.NCVerdict, flow.NCNotYours, flow.NCOpenAction,
		flow.ShiftNoDays, flow.ShiftsOverlap, flow.HolidayTwice, flow.CalendarChanged, flow.CalendarStandard,
		flow.StationUnknown, flow.StationBusy, flow.MoveDone, flow.MoveStands, flow.MoveOrder, flow.MoveRatio, flow.MoveTracks, flow.MoveSizes, flow.MoveMode,
		flow.PINForm, flow.PINTrivial, flow.FieldNeeded, flow.BeforeWrong, flow.PictureWrong, flow.PictureTooLarge, flow.PictureMissing,
		flow.FileNoTitle, flow.FileNoRevision, flow.FileRevisionTaken, flow.FileChanged, flow.FileRetired, flow.FileErased, flow.FileNoReason, flow.FileMissing, flow.FileTooLarge, flow.NotTried, flow.RetentionWrong, flow.RetentionUnsure} {
		want = append(want, "refusal_"+string(c))
	}
	for _, k := range []flow.Kind{flow.KindCreated, flow.KindStarted, flow.KindReported, flow.KindHeld, flow.KindResumed, flow.KindFound, flow.KindStageAdded, flow.KindUndone,
		flow.KindRequired, flow.KindSkipped, flow.KindCounted, flow.KindChanged, flow.KindAttempted,
		flow.KindSplit, flow.KindMerged, flow.KindJoined, flow.KindArrived, flow.KindSent, flow.KindReceived,
		flow.KindPartAdded, flow.KindNCRaised, flow.KindNCSettled, flow.KindNCClosed, flow.KindMovedOver, flow.KindAssigned, flow.KindAnswered, flow.KindFileAdded, flow.KindFileRetired, flow.KindFileErased} {
		want = append(want, "event_"+string(k), "kind_"+string(k), "did_"+string(k))
	}
	for _, s := range []flow.Status{flow.Waiting, flow.Ready, flow.Running, flow.Held, flow.Away, flow.Done} {
		want = append(want, "status_"+string(s))
	}
	for _, g := range flow.Grants() {
		want = append(want, grantKey(g))
	}
	for _, code := range []string{"bad_json", "unknown_field", "wrong_type", "not_a_quantity", "not_a_time", "not_a_day", "unknown_parameter", "parameter", "cursor", "no_key",
		"done_or_quantities", "not_json", "unauthorized", "not_found", "cross_site", "too_large", "too_often", "ours"} {
		want = append(want, "api_"+code)
	}
	for _, key := range []string{"unreachable", "refused", "again", "unverified", "not_invited", "none", "only"} {
		want = append(want, "company_"+key)
	}
	for _, key := range []string{"saved", "removed", "no_issuer", "no_client", "no_secret", "no_domain", "forbidden", "unreachable"} {
		want = append(want, "provider_"+key)
	}
	for _, f := range intakeFields {
		want = append(want, "field_"+f)
	}
	for _, h := range flow.IndianHolidays(flow.HolidayYears()[0]) {
		want = append(want, "holiday_"+h.Code)
	}
	for _, key := range want {
		if !ws.has(fallback, key) {
			t.Errorf("there is no phrase %q", key)
		}
	}
}

func TestNumbersAreGroupedTheIndianWay(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "125000": "1,25,000", "12345678.5": "1,23,45,678.5", "-1000": "-1,000"} {
		if got := group(in); got != want {
			t.Errorf("%s is written %s, want %s", in, got, want)
		}
	}
	for _, c := range []struct {
		part, whole int64
		want        string
	}{{124, 500, "24.8"}, {108, 492, "21.95"}, {1, 3, "33.33"}, {110, 1000, "11.0"}, {500, 500, "100.0"}} {
		if got := share(flow.Units(c.part), flow.Units(c.whole)); got != c.want {
			t.Errorf("%d of %d is %s%%, want %s", c.part, c.whole, got, c.want)
		}
	}
}

func TestSendingOnStaysHere(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"/my?stage=x": "/my?stage=x", "https://evil.example": "/", "//evil.example": "/", `/\evil`: "/", "": "/", "/a\r\nSet-Cookie: x": "/"} {
		if got := localPath(in); got != want {
			t.Errorf("%q leads to %q", in, got)
		}
	}
}

func TestLoginsAreNormal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" Meera@Demo.Example ": "meera@demo.example", "00000 00001": "+910000000001", "98 7654 3210": "+919876543210", "+91 98765-43210": "+919876543210",
		"09876543210": "+919876543210", "919876543210": "+919876543210"} {
		if got := NormalLogin(in); got != want {
			t.Errorf("%q is kept as %q, want %q", in, got, want)
		}
	}
}

// The first load of a phone is small, by the size of the files as they are sent.
func TestTheFilesAreSmall(t *testing.T) {
	t.Parallel()
	a, err := hashAssets(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, limit := range map[string]int{"app.js": 8_000, "app.css": 10_000} {
		if size := len(a[name].packed); size > limit {
			t.Errorf("%s has %d bytes when it is sent, more than %d", name, size, limit)
		}
	}
	if strings.Contains(string(a["app.css"].content), "url(") {
		t.Error("the sheet loads other files")
	}
}
