package postgres

// SelectToken is the query behind every call of a program, for the test of its plan.
const SelectToken = selectToken
