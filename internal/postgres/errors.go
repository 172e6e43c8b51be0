package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"clicarity/internal/flow"
)

// again reports whether a command may simply be tried once more: another one was faster.
func again(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	case "23505": // the receipt, number or job that was not there when we looked
		return pg.ConstraintName == "receipts_pkey" || pg.ConstraintName == "jobs_number" || pg.ConstraintName == "jobs_pkey"
	}
	return false
}

// unique reports whether an error is the violation of the named unique constraint.
func unique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// otherFold reports whether a command was not taken because the states it looked at are not of this program's fold.
func otherFold(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "CLF01"
}

// whileOpen turns what the database says to changes of a closed organisation into the refusal that people read.
func whileOpen(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "CLF02" {
		return &flow.Refusal{Code: flow.OrgClosed}
	}
	return err
}
