package rdsca

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

func TestTheBundleHasTheAuthoritiesOfEveryHome(t *testing.T) {
	if _, err := Pool(); err != nil {
		t.Fatal(err)
	}
	roots := map[string]int{}
	for rest := bundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !c.IsCA || time.Until(c.NotAfter) < 0 {
			t.Errorf("%s is no authority, or its time is over", c.Subject)
		}
		_, name, _ := strings.Cut(c.Subject.CommonName, "Amazon RDS ")
		region, _, _ := strings.Cut(name, " Root CA")
		roots[region]++
	}
	for _, region := range []string{"ap-southeast-2", "ap-southeast-4", "us-east-1", "eu-west-1"} {
		if roots[region] < 3 {
			t.Errorf("%s has %d authorities", region, roots[region])
		}
	}
}
