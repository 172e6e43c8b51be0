package main

import (
	"log/slog"
	"time"

	"clicarity/internal/demo"
	"clicarity/internal/keys"
	"clicarity/internal/site"
	"clicarity/internal/web"
)

// publicSite is the site of whoever runs the service.
func publicSite(e env, pages *web.Web, k *keys.Keys, log *slog.Logger) (*site.Site, error) {
	return site.New(site.Config{DB: pages.DB, Operator: e.operator, Keys: k, Now: time.Now, Log: log, App: pages.URL, Mails: pages.Mails,
		Trying: e.trying(), Calendly: e.calendly, Trade: pages.Word})
}

// trying reports whether visitors may try a factory. It is kept with the operator's organisation.
func (c config) trying() bool { return c.operator.Try && c.operator.Organisation != "" }

// trials keeps the factory that visitors may try.
func trials(e env, h *house, log *slog.Logger) *demo.Trials {
	return &demo.Trials{DB: h.DB, Now: time.Now, Log: log, Operator: e.operator.Organisation}
}
