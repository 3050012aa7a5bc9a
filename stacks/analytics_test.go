package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/replication"
)

func TestS19_TheReplicationInstanceHasAStandby(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-analytics"
		instance := a.of(t, stack, "AWS::DMS::ReplicationInstance")[0]
		expect(t, instance, "true", "MultiAZ")
		expect(t, instance, "false", "PubliclyAccessible")
		if n := len(a.of(t, stack, "AWS::DMS::ReplicationSubnetGroup")[0].list("SubnetIds")); n != a.estate.Network.AvailabilityZones {
			t.Errorf("%s may be in %d zones", instance, n)
		}
		for _, e := range a.of(t, stack, "AWS::DMS::Endpoint") {
			switch e.text("EngineName") {
			case "aurora-postgresql":
				expect(t, e, "verify-full", "SslMode")
				if e.get("CertificateArn") == nil || e.get("Username") != nil || e.get("Password") != nil {
					t.Errorf("%s has no certificate, or a password", e)
				}
			case "s3":
				expect(t, e, "parquet", "S3Settings", "DataFormat")
				expect(t, e, "true", "S3Settings", "DatePartitionEnabled")
				expect(t, e, "SSE_KMS", "S3Settings", "EncryptionMode")
			default:
				t.Errorf("%s is of the engine %q", e, e.text("EngineName"))
			}
		}
		expect(t, a.of(t, stack, "AWS::DMS::ReplicationTask")[0], "full-load-and-cdc", "MigrationType")
		expect(t, a.of(t, "cover-"+env+"-data", "AWS::RDS::DBClusterParameterGroup")[0], "1", "Parameters", "rds.logical_replication")
		for _, i := range a.of(t, "cover-"+env+"-data", "AWS::RDS::DBInstance") {
			expect(t, i, "rds-ca-rsa2048-g1", "CACertificateIdentifier")
		}
		var roots, want []string
		for _, c := range a.of(t, stack, "AWS::DMS::Certificate") {
			roots = append(roots, c.text("CertificatePem"))
		}
		for _, region := range []string{a.estate.Regions.Home, a.estate.Regions.Recovery}[:len(roots)] {
			root, _ := replication.Root(region)
			want = append(want, root)
		}
		if slices.Sort(roots); !slices.Equal(roots, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s trusts %d roots that are not those of its databases' Regions", stack, len(roots))
		}
	}
}

// TestS19_AnswersStayWhereTheWorkgroupSaysAndEncrypted reads what whoever asks
// cannot change.
func TestS19_AnswersStayWhereTheWorkgroupSaysAndEncrypted(t *testing.T) {
	for _, w := range load(t).every(t, "AWS::Athena::WorkGroup") {
		expect(t, w, "true", "WorkGroupConfiguration", "EnforceWorkGroupConfiguration")
		expect(t, w, "SSE_KMS", "WorkGroupConfiguration", "ResultConfiguration", "EncryptionConfiguration", "EncryptionOption")
		if s := w.text("WorkGroupConfiguration", "ResultConfiguration", "OutputLocation"); !strings.Contains(s, "s3://") {
			t.Errorf("%s writes to %s", w, s)
		}
	}
}

// What validation admits can be made: the root of each Region is there.
func TestS19_RegionsThatCanCopyHaveARoot(t *testing.T) {
	for _, r := range estate.ReplicationRegions() {
		if _, ok := replication.Root(r); !ok {
			t.Errorf("%s has no root", r)
		}
	}
}
