package provision

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/suretyhq/surety/internal/ops/rdsca"
)

// Secrets is what is needed of Secrets Manager.
type Secrets interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Cluster is an Aurora cluster whose administrator's secret RDS keeps. The
// secret is read for each connection, so that its rotation is never in the way,
// and is kept nowhere.
type Cluster struct {
	Host string
	Port string
	// Database is the cluster's own.
	Database string
	// Secret is the ARN of the administrator's secret.
	Secret  string
	Secrets Secrets
}

// Connect opens a connection over TLS to a server that RDS vouches for.
func (c *Cluster) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	out, err := c.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(c.Secret)})
	if err != nil {
		return nil, fmt.Errorf("read the administrator's secret: %w", err)
	}
	var who struct{ Username, Password string }
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &who); err != nil || who.Username == "" {
		return nil, errors.New("the administrator's secret holds no user name and password, as RDS writes them")
	}
	config, err := c.config(database)
	if err != nil {
		return nil, err
	}
	config.User, config.Password = who.Username, who.Password
	return pgx.ConnectConfig(ctx, config)
}

func (c *Cluster) config(database string) (*pgx.ConnConfig, error) {
	port, err := strconv.ParseUint(c.Port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("PGPORT is no port: %w", err)
	}
	config, err := pgx.ParseConfig("sslmode=verify-full")
	if err != nil {
		return nil, fmt.Errorf("prepare a connection: %w", err)
	}
	pool, err := rdsca.Pool()
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.Database = c.Host, uint16(port), c.Database
	if database != "" {
		config.Database = database
	}
	config.TLSConfig = &tls.Config{ServerName: c.Host, RootCAs: pool, MinVersion: tls.VersionTLS12}
	config.Fallbacks = nil // never without TLS
	return config, nil
}
