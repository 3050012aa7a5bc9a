// Package examples holds the estates that a user can copy.
//
// Each is a folder with an estate.yaml that loads as it is; tests hold it to
// that. The first is also in the surety program, for its demo, byte for byte.
package examples

import _ "embed" // for the file below

//go:embed cover/estate.yaml
var cover string

// Cover returns the estate file of an embedded-insurance company: a hub and
// three environments. The caller may change the bytes.
func Cover() []byte { return []byte(cover) }
