// Package provision makes a tenant's database in a PostgreSQL cluster, and the
// users of its services.
//
// Each tenant has a database that nobody else can connect to. The users of its
// services hold no password where RDS signs them in by IAM. Everything can be
// done again, from any half-done state, with the same result. Data is never
// deleted: closing a tenant takes its users' sign-in away and keeps its
// database.
package provision

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Request names a tenant's database and the users of its services.
type Request struct {
	// Database is the tenant's name in the estate file.
	Database string
	// Users are the database's name, an underscore, and a service's name.
	Users []string
}

// Server opens connections as the cluster's administrator.
type Server interface {
	// Connect opens a connection to a database; "" is the cluster's own.
	Connect(ctx context.Context, database string) (*pgx.Conn, error)
}

// iamRole is the role whose members RDS signs in by IAM ("Creating a database
// account using IAM authentication", Amazon Aurora User Guide).
const iamRole = "rds_iam"

// name is a name of an estate file. PostgreSQL keeps 63 bytes of a name.
var name = regexp.MustCompile(`^[a-z][a-z0-9-]{0,24}$`)

// Check says what is wrong with a request, and nil if nothing is.
func (r Request) Check() error {
	if !name.MatchString(r.Database) {
		return fmt.Errorf("%q cannot be a tenant's database: a tenant's name has lower-case letters, digits and hyphens", r.Database)
	}
	if len(r.Users) == 0 {
		return fmt.Errorf("the database %s has no users: at least one service must need it", r.Database)
	}
	for _, u := range r.Users {
		service, ok := strings.CutPrefix(u, r.Database+"_")
		if !ok || !name.MatchString(service) {
			return fmt.Errorf("%q cannot be a user of %s: it has to be %s_ and a service's name", u, r.Database, r.Database)
		}
	}
	return nil
}

// owner is the role that owns all that is in a tenant's database, so that the
// tenant's services share it. No service's user can have its name.
func (r Request) owner() string { return r.Database + "@owner" }

// Ensure makes the database and the users, as far as they are not there.
func Ensure(ctx context.Context, server Server, r Request) error {
	if err := r.Check(); err != nil {
		return err
	}
	admin, err := server.Connect(ctx, "")
	if err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	defer closeQuietly(ctx, admin)
	if err := ensureDatabase(ctx, admin, r); err != nil {
		return fmt.Errorf("make the database %s: %w", r.Database, err)
	}
	iam, err := hasRole(ctx, admin, iamRole)
	if err != nil {
		return err
	}
	for _, u := range r.Users {
		if err := ensureUser(ctx, admin, r, u, iam); err != nil {
			return fmt.Errorf("make the user %s: %w", u, err)
		}
	}
	return closeSchema(ctx, server, r)
}

func ensureDatabase(ctx context.Context, admin *pgx.Conn, r Request) error {
	if err := ensureRole(ctx, admin, r.owner(), "NOLOGIN"); err != nil {
		return err
	}
	// Only a member may give a database to a role ("CREATE DATABASE",
	// PostgreSQL documentation).
	if err := run(ctx, admin, "GRANT %s TO CURRENT_USER", r.owner()); err != nil {
		return err
	}
	there, err := exists(ctx, admin, "SELECT FROM pg_database WHERE datname = $1", r.Database)
	if err != nil {
		return err
	}
	if !there {
		if err := run(ctx, admin, "CREATE DATABASE %s OWNER %s", r.Database, r.owner()); err != nil {
			return err
		}
	}
	for _, s := range []string{"ALTER DATABASE %s ALLOW_CONNECTIONS true", "REVOKE ALL ON DATABASE %s FROM PUBLIC"} {
		if err := run(ctx, admin, s, r.Database); err != nil {
			return err
		}
	}
	return nil
}

// ensureUser makes a user that can connect to the tenant's database alone, and
// works there as its owner.
func ensureUser(ctx context.Context, admin *pgx.Conn, r Request, user string, iam bool) error {
	if err := ensureRole(ctx, admin, user, "LOGIN NOCREATEDB NOCREATEROLE"); err != nil {
		return err
	}
	if iam {
		if err := run(ctx, admin, "GRANT %s TO %s", iamRole, user); err != nil {
			return err
		}
	}
	if err := run(ctx, admin, "GRANT %s TO %s", r.owner(), user); err != nil {
		return err
	}
	if err := run(ctx, admin, "GRANT CONNECT, TEMPORARY ON DATABASE %s TO %s", r.Database, user); err != nil {
		return err
	}
	return run(ctx, admin, "ALTER ROLE %s IN DATABASE %s SET role = %s", user, r.Database, r.owner())
}

// closeSchema takes from everybody else what PostgreSQL gives to PUBLIC, and
// gives the owner its schema.
func closeSchema(ctx context.Context, server Server, r Request) error {
	conn, err := server.Connect(ctx, r.Database)
	if err != nil {
		return fmt.Errorf("connect to the database %s: %w", r.Database, err)
	}
	defer closeQuietly(ctx, conn)
	if err := run(ctx, conn, "GRANT ALL ON SCHEMA public TO %s", r.owner()); err != nil {
		return err
	}
	return run(ctx, conn, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
}

// Close takes the users' sign-in away and ends what they do. The database and
// all that is in it stay.
func Close(ctx context.Context, server Server, r Request) error {
	if err := r.Check(); err != nil {
		return err
	}
	admin, err := server.Connect(ctx, "")
	if err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	defer closeQuietly(ctx, admin)
	for _, u := range r.Users {
		there, err := hasRole(ctx, admin, u)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := run(ctx, admin, "ALTER ROLE %s NOLOGIN", u); err != nil {
			return err
		}
		if _, err := admin.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", u); err != nil {
			return fmt.Errorf("end the connections of %s: %w", u, err)
		}
	}
	there, err := exists(ctx, admin, "SELECT FROM pg_database WHERE datname = $1", r.Database)
	if err != nil || !there {
		return err
	}
	return run(ctx, admin, "ALTER DATABASE %s ALLOW_CONNECTIONS false", r.Database)
}

func ensureRole(ctx context.Context, conn *pgx.Conn, role, options string) error {
	there, err := hasRole(ctx, conn, role)
	if err != nil {
		return err
	}
	verb := "CREATE"
	if there {
		verb = "ALTER"
	}
	return run(ctx, conn, verb+" ROLE %s "+options, role)
}

func hasRole(ctx context.Context, conn *pgx.Conn, role string) (bool, error) {
	return exists(ctx, conn, "SELECT FROM pg_roles WHERE rolname = $1", role)
}

func exists(ctx context.Context, conn *pgx.Conn, query, arg string) (bool, error) {
	err := conn.QueryRow(ctx, query, arg).Scan()
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", arg, err)
	}
	return true, nil
}

// run runs a statement in which each %s is a quoted name: PostgreSQL takes no
// parameters where names stand.
func run(ctx context.Context, conn *pgx.Conn, statement string, names ...string) error {
	quoted := make([]any, len(names))
	for i, n := range names {
		quoted[i] = pgx.Identifier{n}.Sanitize()
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf(statement, quoted...)); err != nil {
		return fmt.Errorf("%s: %w", strings.ToLower(strings.SplitN(statement, "%", 2)[0]), err)
	}
	return nil
}

// closeQuietly closes a connection; nothing is lost if it cannot.
func closeQuietly(ctx context.Context, conn *pgx.Conn) { _ = conn.Close(ctx) }
