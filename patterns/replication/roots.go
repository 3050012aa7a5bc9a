package replication

import (
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"strings"
)

// roots are the certificates of the authorities RSA2048 G1 of Amazon RDS, one
// for each Region, as AWS publishes them ("Using SSL/TLS to encrypt a
// connection to a DB instance": certificate bundles by Region). They are valid
// until 2061 and later.
//
//go:embed roots.pem
var roots []byte

// Root returns the certificate, as PEM, of the authority that signs the
// certificates of a Region's databases, and whether it is known.
func Root(region string) (string, bool) {
	for rest := roots; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return "", false
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err == nil && strings.HasPrefix(cert.Subject.CommonName, "Amazon RDS "+region+" Root CA ") {
			return string(pem.EncodeToMemory(block)), true
		}
	}
}
