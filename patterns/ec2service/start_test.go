package ec2service

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/tooltest"
)

// wrapper returns the script that the start script writes for the service.
func wrapper(t *testing.T) string {
	t.Helper()
	_, rest, _ := strings.Cut(start, "service-start <<'END'\n")
	inner, _, ok := strings.Cut(rest, "\nEND\n")
	if !ok || !strings.HasPrefix(inner, "#!/bin/bash\n") {
		t.Fatal("the service's own script is not found")
	}
	return inner
}

// TestS11_TheScriptIsAScript lets bash read what instances start with, and the
// script that it writes for the service.
func TestS11_TheScriptIsAScript(t *testing.T) {
	for name, script := range map[string]string{"start": start, "service-start": wrapper(t)} {
		cmd := exec.Command("bash", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if len(start) > 12<<10 {
		t.Errorf("%d bytes leave too little of the 16 KB of user data for settings", len(start))
	}
}

// server is a Java service as docs/services.md asks for one: it serves TLS with
// the store that it is told of.
const server = `
import com.sun.net.httpserver.*;
import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import javax.net.ssl.*;

public class Main {
  public static void main(String[] a) throws Exception {
    char[] secret = System.getenv("TLS_KEYSTORE_PASSWORD").toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(new FileInputStream(System.getenv("TLS_KEYSTORE")), secret);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(store, secret);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    HttpsServer s = HttpsServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("SERVER_PORT"))), 0);
    s.setHttpsConfigurator(new HttpsConfigurator(tls));
    s.createContext("/health", x -> { x.sendResponseHeaders(200, -1); x.close(); });
    s.start();
  }
}
`

// TestS11_AJavaServiceStartsAndServesTLS runs the script that instances run
// with a real Java service, and asks for its health as the balancer does.
func TestS11_AJavaServiceStartsAndServesTLS(t *testing.T) {
	for _, tool := range []string{"javac", "jar", "java", "keytool", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			tooltest.Lacking(t, err)
		}
	}
	dir := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("Main.java", server, 0o600)
	run("javac", "Main.java")
	run("jar", "--create", "--file", "service.jar", "--main-class", "Main", "-C", dir, ".")
	script := write("service-start", strings.ReplaceAll(wrapper(t), "/opt/service/service.jar", filepath.Join(dir, "service.jar")), 0o700)

	port := freePort(t)
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "bash", script)
	cmd.Env = append(os.Environ(), "RUNTIME_DIRECTORY="+dir, fmt.Sprintf("PORT=%d", port))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }() // it is ended below, which is an error to it
	defer func() { cancel(); <-done }()

	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		answer, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/health", port))
		if err == nil {
			_ = answer.Body.Close() // nothing was read
			if answer.StatusCode != http.StatusOK {
				t.Errorf("/health answers %s", answer.Status)
			}
			break
		}
		select {
		case <-done:
			t.Fatalf("the service ended: %s", out.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("no answer: %v\n%s", err, out.String())
		}
	}
	info, err := os.Stat(filepath.Join(dir, "tls.p12"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the store of the key: %v, %v", info, err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was listening only to get the number
	return l.Addr().(*net.TCPAddr).Port
}
