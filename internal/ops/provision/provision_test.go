package provision_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/suretyhq/surety/internal/ops/provision"
	"github.com/suretyhq/surety/internal/pgtest"
)

// rds is a server whose administrator is, as in Amazon RDS, no superuser.
type rds struct{ *pgtest.Server }

func (r rds) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	if database == "" {
		database = "main"
	}
	return r.Server.Connect(ctx, "administrator", database)
}

func start(t *testing.T) rds {
	t.Helper()
	s := pgtest.Start(t)
	conn := connect(t, s, "super", "postgres")
	for _, sql := range []string{"CREATE ROLE administrator LOGIN CREATEDB CREATEROLE", "CREATE ROLE rds_iam", "GRANT rds_iam TO administrator WITH ADMIN OPTION",
		"GRANT pg_signal_backend TO administrator", "CREATE ROLE portal LOGIN", "CREATE DATABASE main OWNER administrator"} {
		execute(t, conn, sql)
	}
	return rds{s}
}

func connect(t *testing.T, s *pgtest.Server, role, database string) *pgx.Conn {
	t.Helper()
	conn, err := s.Connect(t.Context(), role, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // it may be closed already
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func request(tenant string) provision.Request {
	return provision.Request{Database: tenant, Users: []string{tenant + "_api", tenant + "_portal"}}
}

func ensure(t *testing.T, s rds, tenant string) {
	t.Helper()
	if err := provision.Ensure(t.Context(), s, request(tenant)); err != nil {
		t.Fatal(err)
	}
}

func TestS15_TenantsHaveDatabasesThatNobodyElseOpens(t *testing.T) {
	s := start(t)
	ensure(t, s, "kiwi-telco")
	ensure(t, s, "harbour-bank")
	ensure(t, s, "kiwi-telco") // again changes nothing

	api := connect(t, s.Server, "kiwi-telco_api", "kiwi-telco")
	execute(t, api, "CREATE TABLE policies (id int)")
	execute(t, api, "INSERT INTO policies VALUES (7)")
	// The tenant's services share what one of them made.
	portal := connect(t, s.Server, "kiwi-telco_portal", "kiwi-telco")
	var id int
	if err := portal.QueryRow(t.Context(), "UPDATE policies SET id = 8 RETURNING id").Scan(&id); err != nil || id != 8 {
		t.Errorf("the portal sees %d: %v", id, err)
	}
	for _, c := range [][2]string{{"kiwi-telco_api", "harbour-bank"}, {"harbour-bank_portal", "kiwi-telco"}, {"portal", "kiwi-telco"}} {
		if conn, err := s.Server.Connect(t.Context(), c[0], c[1]); err == nil {
			t.Errorf("%s connects to %s", c[0], c[1])
			_ = conn.Close(t.Context())
		}
	}
	var iam bool
	if err := connect(t, s.Server, "super", "postgres").QueryRow(t.Context(), "SELECT pg_has_role('kiwi-telco_api', 'rds_iam', 'member')").Scan(&iam); err != nil || !iam {
		t.Errorf("the user is not signed in by IAM: %v, %v", iam, err)
	}
}

func TestS15_ClosingKeepsData(t *testing.T) {
	s := start(t)
	ensure(t, s, "kiwi-telco")
	api := connect(t, s.Server, "kiwi-telco_api", "kiwi-telco")
	execute(t, api, "CREATE TABLE policies AS SELECT 7 AS id")
	r := request("kiwi-telco")
	for range 2 {
		if err := provision.Close(t.Context(), s, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := api.Ping(t.Context()); err == nil {
		t.Error("a closed tenant's connection stays open")
	}
	if _, err := s.Server.Connect(t.Context(), "kiwi-telco_api", "kiwi-telco"); err == nil {
		t.Error("a closed tenant's user signs in")
	}
	ensure(t, s, "kiwi-telco")
	var id int
	if err := connect(t, s.Server, "kiwi-telco_api", "kiwi-telco").QueryRow(t.Context(), "SELECT id FROM policies").Scan(&id); err != nil || id != 7 {
		t.Errorf("opened again, the tenant finds %d: %v", id, err)
	}
}

// TestS15_EnsureGoesOnFromAnywhere stops the work after each of its connections
// and starts it again.
func TestS15_EnsureGoesOnFromAnywhere(t *testing.T) {
	s := start(t)
	first := &failing{rds: s, left: 1}
	if err := provision.Ensure(t.Context(), first, request("kiwi-telco")); err == nil {
		t.Fatal("the second connection should have failed")
	}
	ensure(t, s, "kiwi-telco")
	connect(t, s.Server, "kiwi-telco_portal", "kiwi-telco")
}

// failing opens some connections and no more.
type failing struct {
	rds
	left int
}

func (f *failing) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	if f.left--; f.left < 0 {
		return nil, context.DeadlineExceeded
	}
	return f.rds.Connect(ctx, database)
}

func TestS15_Handle(t *testing.T) {
	s := start(t)
	properties, err := json.Marshal(request("kiwi-telco"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ request, id, want string }{
		{"Create", "", "kiwi-telco"}, {"Update", "kiwi-telco", "kiwi-telco"},
		{"Delete", "2026/11/27/[$LATEST]abc", "2026/11/27/[$LATEST]abc"}, // of a creation that failed: nothing is closed
	} {
		id, err := provision.Handle(t.Context(), s, step.request, step.id, properties)
		if err != nil || id != step.want {
			t.Errorf("%s gives %q: %v", step.request, id, err)
		}
	}
	connect(t, s.Server, "kiwi-telco_api", "kiwi-telco")
	if _, err := provision.Handle(t.Context(), s, "Delete", "kiwi-telco", properties); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Server.Connect(t.Context(), "kiwi-telco_api", "kiwi-telco"); err == nil {
		t.Error("a deleted tenant's user signs in")
	}
	if _, err := provision.Handle(t.Context(), s, "Create", "", []byte(`{"Database": 7}`)); err == nil {
		t.Error("properties that are no request are taken")
	}
}

func TestBadRequests(t *testing.T) {
	for _, c := range []struct {
		r    provision.Request
		says string
	}{
		{provision.Request{}, "cannot be a tenant's database"},
		{provision.Request{Database: `x"; DROP DATABASE main`, Users: []string{"x_api"}}, "cannot be a tenant's database"},
		{provision.Request{Database: "kiwi"}, "has no users"},
		{provision.Request{Database: "kiwi", Users: []string{"administrator"}}, "cannot be a user of kiwi"},
		{provision.Request{Database: "kiwi", Users: []string{"bank_api"}}, "cannot be a user of kiwi"},
		{provision.Request{Database: "kiwi", Users: []string{"kiwi_"}}, "cannot be a user of kiwi"},
	} {
		if err := c.r.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.r, err)
		}
	}
}
