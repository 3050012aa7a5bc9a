// Package pgtest starts a PostgreSQL server of its own for a test.
//
// The server is empty, listens on the loopback alone, and ends with the test.
// Where PostgreSQL is not installed the test is skipped and says so; where the
// environment says CI=true it fails. It is for tests only.
package pgtest

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/suretyhq/surety/internal/tooltest"
)

// Server is a running server. Its superuser is "super" and needs no password.
type Server struct {
	Host string
	Port int
	// Authorities vouch for the server, under the name localhost, where it takes
	// connections over TLS.
	Authorities *x509.CertPool
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	return start(t, false)
}

// StartTLS starts a server as Start does. Of all but its superuser it takes
// connections over TLS and with a password only, as RDS does.
func StartTLS(t testing.TB) *Server {
	t.Helper()
	return start(t, true)
}

func start(t testing.TB, encrypted bool) *Server {
	t.Helper()
	bin, err := folder()
	if err != nil {
		tooltest.Lacking(t, err)
	}
	dir, err := os.MkdirTemp("", "surety-pg-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder
	as := nobody(t, dir)
	s := &Server{Host: "127.0.0.1", Port: freePort(t)}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, as
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "super", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	args := []string{"-D", data, "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"}
	if encrypted {
		args = append(args, s.encrypt(t, data, as)...)
	}
	server := run("postgres", args...)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown; it may have ended already
		_ = server.Wait()
		_ = log.Close()
	})
	s.await(t, log.Name())
	return s
}

func (s *Server) await(t testing.TB, log string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := s.Connect(context.Background(), "super", "postgres")
		if err == nil {
			_ = conn.Close(context.Background()) // it was only tried
			return
		}
		if time.Now().After(deadline) {
			out, _ := os.ReadFile(log) // what there is of it
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, out)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Connect opens a connection as a role to a database.
func (s *Server) Connect(ctx context.Context, role, database string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d sslmode=disable", s.Host, s.Port))
	if err != nil {
		return nil, err
	}
	config.User, config.Database = role, database
	return pgx.ConnectConfig(ctx, config)
}

// folder is where PostgreSQL's programs are: in PATH, or where Debian puts them.
func folder() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL is not installed: apt-get install postgresql, or make setup")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// nobody gives the folder to the user that the server runs as: PostgreSQL does
// not run as root.
func nobody(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL does not run as root, and there is no user postgres: %v", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it only held the port
	return l.Addr().(*net.TCPAddr).Port
}
