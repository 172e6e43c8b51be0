package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// The office side of shared devices: which there are, what is worked at from them, and who lets them in.

const (
	maxDevices = 500
	pairingFor = 10 * time.Minute // how long a code lets a tablet in
)

func (w *Web) deviceRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /devices", May: flow.MayDevices, Handler: w.devices},
		{Pattern: "POST /devices", May: flow.MayDevices, MaxBody: maxSetup, Handler: w.addDevice},
		{Pattern: "GET /devices/{device}", May: flow.MayDevices, Handler: w.device},
		{Pattern: "POST /devices/{device}", May: flow.MayDevices, MaxBody: maxSetup, Handler: w.changeDevice},
		{Pattern: "GET /devices/people", May: flow.MayDevices, Handler: w.floorPeople},
		{Pattern: "POST /devices/people", May: flow.MayDevices, MaxBody: maxSetup, Handler: w.keyPeople},
		{Pattern: "GET /devices/people/{member}", May: flow.MayDevices, Handler: w.floorPerson},
		{Pattern: "POST /devices/people/{member}", May: flow.MayDevices, Handler: w.keyPerson},
		{Pattern: "GET /devices/me", May: flow.MaySelf, Handler: w.ownPINPage},
		{Pattern: "POST /devices/me", May: flow.MaySelf, Handler: w.ownPIN},
		{Pattern: "GET /device", May: flow.Anybody, Handler: w.tablet},
		{Pattern: "POST /device/pair", May: flow.Anybody, Handler: w.pair},
		{Pattern: "GET /device/in/{member}", May: flow.Anybody, Handler: w.pinPage},
		{Pattern: "POST /device/in", May: flow.Anybody, Handler: w.comeIn},
		{Pattern: "POST /device/next", May: flow.Anybody, Handler: w.nextPerson},
		{Pattern: "GET /device/awake", May: flow.MaySee, Handler: w.awake},
	}
}

func (w *Web) keyed(use string, body []byte) [32]byte {
	key := w.Keys.Derive(use)
	h := hmac.New(sha256.New, key[:])
	h.Write(body)
	return [32]byte(h.Sum(nil))
}

// deviceRow is a device as pages show it.
type deviceRow struct {
	*view
	postgres.Device
	Stages []string
}

// State is how a device stands: shape and word.
func (d deviceRow) State() chip {
	switch {
	case !d.Suspended.IsZero():
		return chip{"hold", "‖", d.T("device_closed")}
	case d.Paired.IsZero():
		return chip{"waiting", "○", d.T("device_new")}
	}
	return chip{"done", "✓", d.T("device_paired")}
}

// LastSeen is when its tablet was last there.
func (d deviceRow) LastSeen() string {
	if d.Seen.IsZero() {
		return d.T("never_seen")
	}
	return d.When(flow.At(d.Seen))
}

type devicesPage struct {
	*view
	Devices   []deviceRow
	TVs       []tvRow
	Processes []scopeProcess
	Name      string
	Place     string
	Error     string
}

// ours reports whether a device is the person's to see: all that is worked at from it is within their scope.
func ours(who flow.Person, d postgres.Device) bool { return d.Given.Within(who.Scope) }

func (w *Web) devices(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showDevices(rw, r, devicesPage{view: w.view(r, who, "devices")}, http.StatusOK)
}

func (w *Web) showDevices(rw http.ResponseWriter, r *http.Request, p devicesPage, status int) error {
	list, err := w.DB.Devices(r.Context(), p.Who.Org, maxDevices)
	if err != nil {
		return err
	}
	processes, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	names := stageNames(processes)
	for _, d := range list {
		if ours(p.Who, d) {
			p.Devices = append(p.Devices, deviceRow{p.view, d, names.of(d.Given)})
		}
	}
	if p.TVs, err = w.theirTVs(r, p.view); err != nil {
		return err
	}
	p.Processes = ticksWithin(p.Who, processes, stageRefs(r))
	return w.render(rw, status, "devices", p)
}

// stageCalled are the names of stages.
type stageCalled map[flow.StageRef]string

func stageNames(processes []flow.Process) stageCalled {
	names := stageCalled{}
	for _, p := range processes {
		for _, s := range slices.Concat(p.Stages, p.Retired) {
			names[flow.StageRef{Process: p.ID, Stage: s.Code}] = p.Called(flow.Stage{Name: s.Label(), Track: s.Track})
		}
	}
	return names
}

func (n stageCalled) of(g flow.Given) []string {
	var list []string
	for _, ref := range g.Stages {
		if name := n[ref]; name != "" {
			list = append(list, name)
		}
	}
	return list
}

// ticksWithin are the stages that a person may give, those of refs ticked.
func ticksWithin(who flow.Person, processes []flow.Process, refs []flow.StageRef) []scopeProcess {
	var list []scopeProcess
	for _, p := range processes {
		one := scopeProcess{Name: p.Name}
		for _, st := range p.Stages {
			if ref := (flow.StageRef{Process: p.ID, Stage: st.Code}); who.Scope.Covers(p.ID, st.Code) {
				one.Stages = append(one.Stages, scopeTick{p.ID.String() + ":" + st.Code, p.Called(st), slices.Contains(refs, ref)})
			}
		}
		if len(one.Stages) > 0 {
			list = append(list, one)
		}
	}
	return list
}

// deviceForm reads what a form says of a device, or says with the key of a phrase what is wrong.
func (w *Web) deviceForm(r *http.Request, who flow.Person, d *postgres.Device) (problem string, err error) {
	d.Name, d.Place = clean(r.PostFormValue("name")), clean(r.PostFormValue("place"))
	h, err := w.house(r, who)
	if err != nil {
		return "", err
	}
	refs := h.stages(stageRefs(r))
	d.Given = flow.Given{Stages: refs}
	switch {
	case d.Name == "":
		return "device_no_name", nil
	case len([]rune(d.Name)) > maxDeviceName || len([]rune(d.Place)) > maxDeviceName:
		return "device_name_long", nil
	case len(refs) == 0:
		return "device_no_stage", nil
	case !ours(who, *d):
		return "", errNotYours
	}
	return "", nil
}

// DeviceName is what a form has as the name.
func (p devicesPage) DeviceName() string { return p.Name }

// DeviceName is what the device is called.
func (d deviceRow) DeviceName() string { return d.Device.Name }

// maxDeviceName keeps a device's name short enough for the line under every movement.
const maxDeviceName = 60

func (w *Web) addDevice(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	d := postgres.Device{ID: w.newID(), Created: w.Now()}
	problem, err := w.deviceForm(r, who, &d)
	if err == nil && problem == "" {
		if err = w.DB.AddDevice(r.Context(), who.Org, d); postgres.IsTaken(err) {
			problem, err = "device_taken", nil
		}
	}
	if err != nil {
		return err
	}
	if problem != "" {
		p := devicesPage{view: w.view(r, who, "devices"), Name: d.Name, Place: d.Place}
		p.Error = p.T(problem, "n", maxDeviceName)
		return w.showDevices(rw, r, p, http.StatusUnprocessableEntity)
	}
	http.Redirect(rw, r, devicePath(d.ID), http.StatusSeeOther)
	return nil
}

func devicePath(id flow.ID) string { return "/devices/" + id.String() }

type devicePage struct {
	deviceRow
	Processes []scopeProcess
	Waiting   []waiting // who has to wait here after wrong PINs
	Code      string    // that lets a tablet in, shown this once
	QR        *qrPicture
	Where     string // the address to open on the tablet
	Slug      string // the organisation's short name, to type there
	Error     string
	Saved     bool
}

type waiting struct {
	Member flow.ID
	Name   string
	Until  flow.Moment
}

// deviceOf is the device of the request's path, if it is the person's to see.
func (w *Web) deviceOf(r *http.Request, who flow.Person) (postgres.Device, error) {
	id, err := pathID(r, "device")
	if err != nil {
		return postgres.Device{}, err
	}
	d, err := w.DB.Device(r.Context(), who.Org, id)
	if err == nil && !ours(who, d) {
		err = errNotYours
	}
	return d, err
}

func (w *Web) device(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	d, err := w.deviceOf(r, who)
	if err != nil {
		return err
	}
	p := &devicePage{deviceRow: deviceRow{view: w.view(r, who, ""), Device: d}, Saved: r.FormValue("said") == "saved"}
	return w.showDevice(rw, r, p, http.StatusOK)
}

func (w *Web) showDevice(rw http.ResponseWriter, r *http.Request, p *devicePage, status int) error {
	processes, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	until, err := w.DB.WaitingAt(r.Context(), p.Who.Org, p.ID, w.Now())
	if err != nil {
		return err
	}
	var ids []flow.ID
	for id := range until {
		ids = append(ids, id)
	}
	names, err := w.DB.Names(r.Context(), p.Who.Org, ids)
	if err != nil {
		return err
	}
	for id, name := range names {
		p.Waiting = append(p.Waiting, waiting{id, name, flow.At(until[id])})
	}
	slices.SortFunc(p.Waiting, func(a, b waiting) int { return int(a.Until - b.Until) })
	p.Title, p.Processes = p.Device.Name, ticksWithin(p.Who, processes, p.Given.Stages)
	return w.render(rw, status, "device", p)
}

// changeDevice does what a button of a device's page says.
func (w *Web) changeDevice(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	d, err := w.deviceOf(r, who)
	if err != nil {
		return err
	}
	to := devicePath(d.ID) + "?said=saved"
	switch r.PostFormValue("do") {
	case "code":
		return w.newCode(rw, r, who, d)
	case "save":
		return w.saveDevice(rw, r, who, d)
	case "let_in":
		err = w.DB.LetIn(r.Context(), who.Org, d.ID)
	case "remove":
		err, to = w.DB.RemoveDevice(r.Context(), who.Org, d.ID), "/devices"
	case "end_wait":
		member, parseErr := flow.ParseID(r.PostFormValue("member"))
		if parseErr != nil {
			return httpd.Status(http.StatusBadRequest)
		}
		err = w.DB.EndWait(r.Context(), who.Org, d.ID, member)
	default:
		return httpd.Status(http.StatusBadRequest)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

func (w *Web) saveDevice(rw http.ResponseWriter, r *http.Request, who flow.Person, d postgres.Device) error {
	problem, err := w.deviceForm(r, who, &d)
	if err == nil && problem == "" {
		if err = w.DB.SetDevice(r.Context(), who.Org, d); postgres.IsTaken(err) {
			problem, err = "device_taken", nil
		}
	}
	if err != nil {
		return err
	}
	if problem != "" {
		p := &devicePage{deviceRow: deviceRow{view: w.view(r, who, ""), Device: d}}
		p.Error = p.T(problem, "n", maxDeviceName)
		return w.showDevice(rw, r, p, http.StatusUnprocessableEntity)
	}
	http.Redirect(rw, r, devicePath(d.ID)+"?said=saved", http.StatusSeeOther)
	return nil
}

// newCode shows a code that lets a tablet be the device: to type there, or to scan.
func (w *Web) newCode(rw http.ResponseWriter, r *http.Request, who flow.Person, d postgres.Device) error {
	code, err := newPairCode()
	if err != nil {
		return err
	}
	d.Waits = w.Now().Add(pairingFor)
	if err := w.DB.SetPairing(r.Context(), who.Org, d.ID, w.pairHash(who.Org, code), d.Waits); err != nil {
		return err
	}
	p := &devicePage{deviceRow: deviceRow{view: w.view(r, who, ""), Device: d}, Code: spoken(code), Where: w.URL + "/device"}
	if p.Slug, err = w.DB.Slug(r.Context(), who.Org); err != nil {
		return err
	}
	p.QR = newQR(p.Where + "?" + url.Values{"at": {p.Slug}, "code": {code}}.Encode())
	return w.showDevice(rw, r, p, http.StatusOK)
}

// WaitsUntil is when the code's time is over.
func (p *devicePage) WaitsUntil() string { return p.Clock(flow.At(p.Waits)) }
