package motest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/suretyhq/surety/internal/motest"
)

func TestAServerKeepsStateUntilItIsReset(t *testing.T) {
	s := motest.Start(t)
	who, err := sts.NewFromConfig(motest.Config(s.URL)).GetCallerIdentity(t.Context(), nil)
	if err != nil || *who.Account != motest.Account {
		t.Fatalf("the caller is %v, %v", who, err)
	}
	org := organizations.NewFromConfig(motest.Config(s.URL))
	if _, err := org.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll}); err != nil {
		t.Fatal(err)
	}
	if o, err := org.DescribeOrganization(t.Context(), nil); err != nil || *o.Organization.MasterAccountId != motest.Account {
		t.Fatalf("%v, %v", o, err)
	}
	s.Reset(t)
	if _, err := org.DescribeOrganization(t.Context(), nil); err == nil {
		t.Error("the organisation outlived the reset")
	}
}
