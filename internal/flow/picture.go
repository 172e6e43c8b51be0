package flow

import (
	"encoding/hex"
	"slices"
	"strings"
)

// Picture names a stored picture in the value of a form: its id, and the SHA-256 of its bytes. The chain of hashes
// covers the value, and so the picture.
type Picture struct {
	ID     ID
	Digest [32]byte
}

// MaxPictures is how many photos one field may hold.
const MaxPictures = 4

// ParsePictures reads the one text form of pictures: id and digest in hexadecimal with a colon between them, several
// with a space. False for every other text, the empty one included.
func ParsePictures(value string) ([]Picture, bool) {
	if len(value) < 36+1+64 {
		return nil, false
	}
	var list []Picture
	for _, one := range strings.Split(value, " ") {
		id, digest, _ := strings.Cut(one, ":")
		var p Picture
		var err error
		if p.ID, err = ParseID(id); err != nil || len(digest) != 64 {
			return nil, false
		}
		if _, err := hex.Decode(p.Digest[:], []byte(digest)); err != nil {
			return nil, false
		}
		list = append(list, p)
	}
	return list, WritePictures(list) == value
}

// WritePictures is the one text form of pictures.
func WritePictures(list []Picture) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.ID.String() + ":" + hex.EncodeToString(p.Digest[:])
	}
	return strings.Join(texts, " ")
}

// signedAs begins the value of a signature that was typed.
const signedAs = "name:"

// TypedSignature is the value of a signature by somebody who typed their full name instead of drawing it.
func TypedSignature(name string) string { return signedAs + name }

// SignedName is the name of a typed signature; false for one that was drawn.
func SignedName(value string) (string, bool) { return strings.CutPrefix(value, signedAs) }

// HoldsPictures reports whether a field's values name pictures.
func (f Field) HoldsPictures() bool { return f.Type == PhotoField || f.Type == SignatureField }

func (f Field) checkPictures(value string) bool {
	if name, typed := SignedName(value); typed && f.Type == SignatureField {
		return name != "" && name == strings.TrimSpace(name) && tooLong(f.Label, name, MaxText) == nil
	}
	most := MaxPictures
	if f.Type == SignatureField {
		most = 1
	}
	list, ok := ParsePictures(value)
	for i, p := range list {
		ok = ok && !slices.ContainsFunc(list[:i], func(q Picture) bool { return q.ID == p.ID })
	}
	return ok && len(list) <= most
}

// Pictures are those that a movement names in what was filled in. A value of their form always names pictures: the write
// door takes none that are not there.
func (m Movement) Pictures() []Picture {
	var all []Picture
	for _, values := range []map[string]string{m.Facts.Values, m.Facts.Fields, m.Facts.Set} {
		for _, value := range values {
			list, _ := ParsePictures(value)
			all = append(all, list...)
		}
	}
	return all
}

// choiceMark stands between the choices of one value. A choice of a field that takes several does not have it.
const choiceMark = ";"

// Chosen are the choices that a value of a multi-choice field holds.
func Chosen(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return string(r) == choiceMark })
}

// Chosen is the one text form of some of the field's choices: in the order of the field, each once. What is not among
// them is put last, for check to refuse.
func (f Field) Chosen(picked []string) string {
	var list []string
	for _, c := range slices.Concat(f.Choices, picked) {
		if slices.Contains(picked, c) && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return strings.Join(list, choiceMark)
}

func (f Field) checkChoices(value string) bool {
	picked := Chosen(value)
	for _, c := range picked {
		if !slices.Contains(f.Choices, c) {
			return false
		}
	}
	return f.Chosen(picked) == value
}
