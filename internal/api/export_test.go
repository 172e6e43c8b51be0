package api

import (
	"io"
	"net/http"
)

// ReadForm reads a form that ends with a file, for the fuzz test.
func ReadForm(r *http.Request, names ...string) (map[string]string, []byte, error) {
	f, err := readForm(r, names)
	if err != nil {
		return nil, nil, err
	}
	content, err := io.ReadAll(f)
	return f.fields, content, err
}
