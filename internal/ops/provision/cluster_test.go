package provision_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/suretyhq/surety/internal/ops/provision"
	"github.com/suretyhq/surety/internal/pgtest"
)

// secrets answers every question with one secret.
type secrets string

func (s secrets) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(string(s))}, nil
}

func TestS24_NoConnectionWithoutTLS(t *testing.T) {
	s := pgtest.Start(t) // it has no certificate
	c := &provision.Cluster{Host: s.Host, Port: strconv.Itoa(s.Port), Database: "postgres", Secrets: secrets(`{"username":"super","password":"open sesame"}`)}
	_, err := c.Connect(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "sesame") {
		t.Errorf("connecting to a server without TLS: %v", err)
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "{}", "open sesame"} {
		c := &provision.Cluster{Host: "127.0.0.1", Port: "1", Secrets: secrets(text)}
		_, err := c.Connect(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), "administrator's secret") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
