// Package rdsca holds the certificate authorities of Amazon RDS.
//
// They sign the certificates of its databases, and no system trusts them by
// itself ("Using SSL/TLS to encrypt a connection to a DB cluster", Amazon Aurora
// User Guide).
package rdsca

import (
	"crypto/x509"
	_ "embed"
	"errors"
)

//go:embed rds-ca.pem
var bundle []byte

// Pool returns the authorities.
func Pool() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(bundle) {
		return nil, errors.New("the certificate authorities of Amazon RDS cannot be read")
	}
	return pool, nil
}
