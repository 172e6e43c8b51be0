package httpd

import (
	"errors"
	"net/http"

	"clicarity/internal/flow"
)

// Status is an error that is only an HTTP status.
type Status int

func (s Status) Error() string { return http.StatusText(int(s)) }

// statuses is the one table from refusal to status. A refusal that is not in it is 422: what was entered cannot be.
var statuses = map[flow.Code]int{
	flow.NotFound:          http.StatusNotFound,
	flow.BadCommand:        http.StatusBadRequest,
	flow.BeingUpdated:      http.StatusServiceUnavailable,
	flow.OrgClosed:         http.StatusLocked,
	flow.ClosingFinal:      http.StatusConflict,
	flow.Conflict:          http.StatusConflict,
	flow.NumberTaken:       http.StatusConflict,
	flow.NothingHere:       http.StatusConflict,
	flow.AlreadyStarted:    http.StatusConflict,
	flow.AlreadyHeld:       http.StatusConflict,
	flow.OnHold:            http.StatusConflict,
	flow.NotHeld:           http.StatusConflict,
	flow.MoreThanHere:      http.StatusConflict,
	flow.OverLimit:         http.StatusConflict,
	flow.UndoNothing:       http.StatusConflict,
	flow.UndoNotYours:      http.StatusForbidden,
	flow.UndoTooLate:       http.StatusConflict,
	flow.UndoDepends:       http.StatusConflict,
	flow.ComponentsMissing: http.StatusConflict,
	flow.ComponentsShort:   http.StatusConflict,
	flow.NotALot:           http.StatusConflict,
	flow.UndoAcross:        http.StatusConflict,
	flow.MoreThanOut:       http.StatusConflict,
	flow.GateClosed:        http.StatusConflict,
	flow.TooEarly:          http.StatusConflict,
	flow.FieldNeeded:       http.StatusConflict,
	flow.PictureMissing:    http.StatusConflict,
	flow.NotTried:          http.StatusForbidden,
	flow.PictureTooLarge:   http.StatusRequestEntityTooLarge,
	flow.FileTooLarge:      http.StatusRequestEntityTooLarge,
	flow.FileChanged:       http.StatusConflict,
	flow.FileRevisionTaken: http.StatusConflict,
	flow.FileRetired:       http.StatusConflict,
	flow.FileErased:        http.StatusConflict,
	flow.NotOptional:       http.StatusConflict,
	flow.PublishedAlready:  http.StatusConflict,
	flow.CalendarChanged:   http.StatusConflict,
	flow.CalendarStandard:  http.StatusConflict,
	flow.PassedAlready:     http.StatusConflict,
	flow.OverrideNotYours:  http.StatusForbidden,
	flow.LastOwner:         http.StatusConflict,
	flow.WordsChanged:      http.StatusConflict,
	flow.NCNotYours:        http.StatusForbidden,
	flow.NCClosed:          http.StatusConflict,
	flow.NCOpenAction:      http.StatusConflict,
	flow.SecondLeft:        http.StatusConflict,
	flow.StationBusy:       http.StatusConflict,
	flow.MoveDone:          http.StatusConflict,
	flow.MoveStands:        http.StatusConflict,
	flow.MoveOrder:         http.StatusConflict,
	flow.MoveRatio:         http.StatusConflict,
	flow.MoveTracks:        http.StatusConflict,
	flow.MoveSizes:         http.StatusConflict,
	flow.MoveMode:          http.StatusConflict,
}

// StatusOf is the HTTP status of an error.
func StatusOf(err error) int {
	var refusal *flow.Refusal
	var status Status
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		if s, ok := statuses[refusal.Code]; ok {
			return s
		}
		return http.StatusUnprocessableEntity
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}
