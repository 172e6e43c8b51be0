package main

import (
	"log/slog"
	"time"

	"clicarity/internal/calendly"
	"clicarity/internal/demo"
	"clicarity/internal/egress"
	"clicarity/internal/keys"
	"clicarity/internal/site"
	"clicarity/internal/web"
)

// publicSite is the site of whoever runs the service.
func publicSite(e env, pages *web.Web, k *keys.Keys, log *slog.Logger) (*site.Site, error) {
	return site.New(site.Config{DB: pages.DB, Operator: e.operator, Keys: k, Now: time.Now, Log: log, App: pages.URL, Mails: pages.Mails,
		Trying: e.trying(), Calendly: e.calendly, Asked: e.asked(), Trade: pages.Word})
}

// asked is the way to ask Calendly whether it still tells, nil where nobody asks.
func (c config) asked() *calendly.Client {
	if c.calendlyToken == "" {
		return nil
	}
	return &calendly.Client{HTTP: egress.New(egress.CalendlyAPI, egress.Options{}), Base: calendly.Base, Token: c.calendlyToken}
}

// told reports whether booked demos are told of.
func (c config) told() bool {
	return c.calendly != "" && c.operator.Calendly != "" && c.operator.Organisation != ""
}

// trying reports whether visitors may try a factory. It is kept with the operator's organisation.
func (c config) trying() bool { return c.operator.Try && c.operator.Organisation != "" }

// trials keeps the factory that visitors may try.
func trials(e env, h *house, log *slog.Logger) *demo.Trials {
	return &demo.Trials{DB: h.DB, Now: time.Now, Log: log, Operator: e.operator.Organisation}
}
