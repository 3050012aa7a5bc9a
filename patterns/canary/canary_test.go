package canary

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/tooltest"
)

// library stands for what CloudWatch Synthetics gives its canaries: a step sends
// the request, hands the answer over and fails as it does.
const library = `
const https = require('https');
exports.executeHttpStep = (name, request, callback) => new Promise((resolve, reject) => {
  const sent = https.request({...request, port: Number(process.env.PORT), hostname: '127.0.0.1', servername: request.hostname,
    headers: {Host: request.hostname}, ca: require('fs').readFileSync(process.env.CA)}, (response) => callback(response).then(resolve, reject));
  sent.on('error', reject);
  sent.end();
});
`

const run = `require('./index.js').handler().then(() => console.log('passed'), (e) => console.log('failed: ' + e.message));`

// TestS30_ACanaryTellsAHealthyServiceFromOthers runs the canary's own program
// against servers that answer well and badly.
func TestS30_ACanaryTellsAHealthyServiceFromOthers(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		tooltest.Lacking(t, err)
	}
	var asked string
	status := http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host + r.URL.Path
		w.WriteHeader(status)
	}))
	defer server.Close()
	dir := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("node_modules/@aws/synthetics-puppeteer/index.js", library)
	write("run.js", run)
	write("ca.pem", pemOf(server))
	ask := func(host string) string {
		t.Helper()
		write("index.js", script(host, "/health"))
		c := exec.Command(node, "run.js")
		_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
		c.Dir, c.Env = dir, append(os.Environ(), "PORT="+port, "CA="+filepath.Join(dir, "ca.pem"))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := ask("example.com"); got != "passed" || asked != "example.com/health" {
		t.Errorf("a healthy service: %s, asked %s", got, asked)
	}
	status = http.StatusServiceUnavailable
	if got := ask("example.com"); got != "failed: answered 503" {
		t.Errorf("a service that is not well: %s", got)
	}
	status = http.StatusOK
	if got := ask("api.prod.cover.example"); !strings.HasPrefix(got, "failed: ") || !strings.Contains(got, "altnames") {
		t.Errorf("another's certificate: %s", got)
	}
	server.Close()
	if got := ask("example.com"); !strings.Contains(got, "ECONNREFUSED") {
		t.Errorf("nobody there: %s", got)
	}
}

// A host's or path's name can neither end its text nor add to the program.
func TestS30_NamesStayNames(t *testing.T) {
	got := script(`a', port: 1, x: "`, "</script>\n")
	if strings.Contains(got, "HOST,") || strings.Contains(got, "path: PATH") || !strings.Contains(got, `hostname: "a', port: 1, x: \""`) || strings.Contains(got, "</script>") {
		t.Error(got)
	}
}

func pemOf(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}
