package events

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Store keeps events in a PostgreSQL database, each once. It is for one
// goroutine at a time.
type Store struct {
	// Config says where the database is; the password is asked for.
	Config *pgx.ConnConfig
	// Password gives the password of a new connection.
	Password func(context.Context) (string, error)
	conn     *pgx.Conn
}

// Schema makes what Keep writes to. It stands in docs/services.md, for the
// administrator who makes the function's user.
const Schema = `CREATE TABLE IF NOT EXISTS events (
  id text PRIMARY KEY,
  source text NOT NULL,
  type text NOT NULL,
  happened timestamptz NOT NULL,
  detail jsonb NOT NULL,
  kept timestamptz NOT NULL DEFAULT now()
)`

// connectTimeout is how long a connection may take.
const connectTimeout = 5 * time.Second

// NewStore reads where the database is from libpq's variables (PGHOST, PGPORT,
// PGDATABASE, PGUSER). Connections without TLS, or to a server that none of the
// authorities vouches for, are refused whatever they say.
func NewStore(settings string, authorities *x509.CertPool, password func(context.Context) (string, error)) (*Store, error) {
	config, err := pgx.ParseConfig(settings)
	if err != nil {
		return nil, fmt.Errorf("read where the database is: %w", err)
	}
	config.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: config.Host, RootCAs: authorities}
	config.Fallbacks = nil
	config.ConnectTimeout = connectTimeout
	return &Store{Config: config, Password: password}, nil
}

// Keep writes an event down. One that is there stays as it is.
func (s *Store) Keep(ctx context.Context, e Event) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `INSERT INTO events (id, source, type, happened, detail) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
		e.ID, e.Source, e.Type, e.Time, []byte(e.Detail))
	if err != nil {
		s.close(ctx) // it may be broken: the next one gets another
		return fmt.Errorf("write to the database: %w", err)
	}
	return nil
}

// connect returns the connection, which is made where there is none: a function
// that waits for its next batch keeps it.
func (s *Store) connect(ctx context.Context) (*pgx.Conn, error) {
	if s.conn != nil && !s.conn.IsClosed() {
		return s.conn, nil
	}
	password, err := s.Password(ctx)
	if err != nil {
		return nil, fmt.Errorf("sign in to the database: %w", err)
	}
	config := s.Config.Copy()
	config.Password = password
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	s.conn = conn
	return conn, nil
}

func (s *Store) close(ctx context.Context) {
	if s.conn != nil {
		_ = s.conn.Close(context.WithoutCancel(ctx)) // it is given up
		s.conn = nil
	}
}
