// Package e2e holds the browser journeys: real Chromium on the real program with its private PostgreSQL and the demo
// factory.
package e2e
