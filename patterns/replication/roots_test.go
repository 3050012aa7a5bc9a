package replication

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

func TestS19_RootsAreAuthoritiesOfRDS(t *testing.T) {
	const regions = 27
	n := 0
	for rest := roots; ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !cert.IsCA || cert.CheckSignatureFrom(cert) != nil || !strings.HasSuffix(cert.Subject.CommonName, " Root CA RSA2048 G1") ||
			len(cert.Subject.Organization) != 1 || cert.Subject.Organization[0] != "Amazon Web Services, Inc." {
			t.Errorf("%s is no root of Amazon RDS", cert.Subject)
		}
		if cert.NotAfter.Before(time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s ends at %s", cert.Subject, cert.NotAfter)
		}
	}
	if n != regions {
		t.Errorf("%d roots, want %d", n, regions)
	}
	for region, want := range map[string]bool{"ap-southeast-2": true, "ap-southeast": false, "": false, "us-gov-west-1": false} {
		if text, ok := Root(region); ok != want || ok && !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----\n") {
			t.Errorf("%q: %v %q", region, ok, text)
		}
	}
}
