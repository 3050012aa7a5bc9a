package authoriser

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/suretyhq/surety/addr"
)

const (
	audience = "api://cover-prod"
	domain   = "api.prod.cover.example"
	method   = "arn:aws:execute-api:ap-southeast-2:100000000006:abc123/live/POST/v1/policies"
	stage    = "arn:aws:execute-api:ap-southeast-2:100000000006:abc123/live/*"
)

// provider is an identity provider on loopback, with real keys.
type provider struct {
	server *httptest.Server

	mu      sync.Mutex
	keys    map[string]*rsa.PrivateKey
	down    bool
	fetches int
}

func newProvider(t *testing.T, names ...string) *provider {
	t.Helper()
	p := &provider{keys: map[string]*rsa.PrivateKey{}}
	for _, n := range names {
		p.add(t, n)
	}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.server.Close)
	return p
}

func (p *provider) add(t *testing.T, name string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys[name] = key
}

func (p *provider) remove(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.keys, name)
}

func (p *provider) stop(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *provider) fetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

// serve lists the public keys, as Okta does under /v1/keys.
func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fetches++
	if p.down || r.URL.Path != "/oauth2/default/v1/keys" {
		http.Error(w, "gone", http.StatusServiceUnavailable)
		return
	}
	var set jose.JSONWebKeySet
	for name, key := range p.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &key.PublicKey, KeyID: name, Algorithm: "RS256", Use: "sig"})
	}
	_ = json.NewEncoder(w).Encode(set)
}

func (p *provider) issuer() string { return p.server.URL + "/oauth2/default" }

type body map[string]any

// claims are those of a token that is valid at the clock's start.
func (p *provider) claims(change body) body {
	c := body{"iss": p.issuer(), "aud": audience, "sub": "client-1", "tenant": "kiwi-telco", "scp": []string{"policies.write"},
		"iat": start.Add(-time.Minute).Unix(), "nbf": start.Add(-time.Minute).Unix(), "exp": start.Add(10 * time.Hour).Unix()}
	for k, v := range change {
		c[k] = v
		if v == nil {
			delete(c, k)
		}
	}
	return c
}

// sign makes a token that a named key of the provider signs.
func (p *provider) sign(t *testing.T, key string, c body) string {
	t.Helper()
	p.mu.Lock()
	private := p.keys[key]
	p.mu.Unlock()
	return sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: private}, key, c)
}

func sign(t *testing.T, key jose.SigningKey, id string, c body) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if id != "" {
		options = options.WithHeader("kid", id)
	}
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any(c)).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var start = time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newAuthoriser(t *testing.T, p *provider) (*Authoriser, *clock, *bytes.Buffer) {
	t.Helper()
	c, log := &clock{now: start}, &bytes.Buffer{}
	a, err := New(Config{Issuer: p.issuer(), Audience: audience, Now: c.Now, Log: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return a, c, log
}

// secret is what an API key ends with.
const secret = "0123456789abcdef"

// key is an API key of a tenant with a label in DNS.
func key(tenant, label string) string { return addr.KeyPrefix(tenant, label) + secret }

// request is a request as API Gateway sends it.
func request(token string, change func(*Request)) Request {
	var r Request
	r.Type, r.MethodArn = "REQUEST", method
	r.Headers = map[string]string{"authorization": "Bearer " + token, "x-api-key": key("kiwi-telco", "kiwi-telco")}
	r.StageVariables = map[string]string{StageDomain: domain}
	r.RequestContext.DomainName = domain
	r.RequestContext.Identity.APIKey = key("kiwi-telco", "kiwi-telco")
	if change != nil {
		change(&r)
	}
	return r
}

// verdict is what API Gateway makes of an answer: Allow, Deny, 401 or 500.
func verdict(t *testing.T, a *Authoriser, r Request) string {
	t.Helper()
	got, err := a.Handle(context.Background(), r)
	switch {
	case err != nil && err.Error() == "Unauthorized":
		return "401"
	case err != nil:
		return "500"
	}
	if len(got.PolicyDocument.Statement) != 1 {
		t.Fatalf("the policy is %+v", got.PolicyDocument)
	}
	s := got.PolicyDocument.Statement[0]
	if len(s.Resource) != 1 || s.Resource[0] != stage || len(s.Action) != 1 || s.Action[0] != "execute-api:Invoke" {
		t.Fatalf("the statement is %+v", s)
	}
	return s.Effect
}

func TestS13_AValidTokenIsLetThrough(t *testing.T) {
	p := newProvider(t, "k1")
	a, _, _ := newAuthoriser(t, p)
	got, err := a.Handle(t.Context(), request(p.sign(t, "k1", p.claims(nil)), nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.PrincipalID != "client-1" || got.Context["tenant"] != "kiwi-telco" || got.Context["scopes"] != "policies.write" {
		t.Errorf("the answer is %+v", got)
	}
	if s := got.PolicyDocument.Statement[0]; s.Effect != "Allow" || s.Resource[0] != stage {
		t.Errorf("the policy is %+v", got.PolicyDocument)
	}
}

func TestS13_EverythingElseIsRefused(t *testing.T) {
	p := newProvider(t, "k1")
	stranger := newProvider(t, "k1")
	a, _, _ := newAuthoriser(t, p)
	with := func(change body) string { return p.sign(t, "k1", p.claims(change)) }
	for _, tc := range []struct {
		name, token, want string
	}{
		{"expired", with(body{"exp": start.Add(-time.Second).Unix()}), "401"},
		{"without an expiry", with(body{"exp": nil}), "401"},
		{"not valid yet", with(body{"nbf": start.Add(time.Hour).Unix()}), "401"},
		{"for another environment", with(body{"aud": "api://cover-dev"}), "401"},
		{"for nobody", with(body{"aud": nil}), "401"},
		{"for several, one of them this", with(body{"aud": []string{"api://other", audience}}), "Allow"},
		{"by another issuer", with(body{"iss": "https://evil.example/oauth2/default"}), "401"},
		{"without a tenant", with(body{"tenant": nil}), "401"},
		{"with a tenant that is no name", with(body{"tenant": "*"}), "401"},
		{"with a tenant that is a list", with(body{"tenant": []string{"kiwi-telco"}}), "401"},
		{"without a subject", with(body{"sub": nil}), "401"},
		{"signed by a stranger's key of the same name", stranger.sign(t, "k1", p.claims(nil)), "401"},
		{"signed by nobody (alg none)", unsigned(t, p.claims(nil)), "401"},
		{"signed by the public key as a shared secret (HS256)", confused(t, p, p.claims(nil)), "401"},
		{"signed by another algorithm of the right key (PS256)", sign(t, jose.SigningKey{Algorithm: jose.PS256, Key: p.keys["k1"]}, "k1", p.claims(nil)), "401"},
		{"without the name of its key", sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: p.keys["k1"]}, "", p.claims(nil)), "401"},
		{"with a changed payload", tampered(with(nil)), "401"},
		{"no token", "", "401"},
		{"no JWT", "abc", "401"},
		{"three dots", "...", "401"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := verdict(t, a, request(tc.token, nil)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// unsigned is a token whose header says that nobody signs it.
func unsigned(t *testing.T, c body) string {
	t.Helper()
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"none","typ":"JWT","kid":"k1"}`)) + "." + enc(payload) + "."
}

// confused is a token whose signature is made with the public key as a secret.
func confused(t *testing.T, p *provider, c body) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&p.keys["k1"].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: secret}, "k1", c)
}

// tampered changes the tenant of a signed token.
func tampered(token string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte("kiwi-telco"), []byte("kiwi-elect"), 1))
	return strings.Join(parts, ".")
}

func TestS15_ATokenOpensItsOwnTenantOnly(t *testing.T) {
	p := newProvider(t, "k1")
	a, _, _ := newAuthoriser(t, p)
	token := p.sign(t, "k1", p.claims(nil))
	for _, tc := range []struct {
		name, want string
		change     func(*Request)
	}{
		{"its own name", "Allow", func(r *Request) { r.RequestContext.DomainName = "kiwi-telco-" + domain }},
		{"its own name in capitals", "Allow", func(r *Request) { r.RequestContext.DomainName = "Kiwi-Telco-" + strings.ToUpper(domain) }},
		{"another tenant's name", "Deny", func(r *Request) { r.RequestContext.DomainName = "kiwi-power-" + domain }},
		{"a name below", "Deny", func(r *Request) { r.RequestContext.DomainName = "kiwi-telco." + domain }},
		{"a name that ends alike", "Deny", func(r *Request) { r.RequestContext.DomainName = "kiwi-telco-evil" + domain }},
		{"no name", "Deny", func(r *Request) { r.RequestContext.DomainName = "" }},
		{"an API that does not say its name", "Deny", func(r *Request) { r.StageVariables = nil }},
		{"another tenant's key", "Deny", func(r *Request) { r.RequestContext.Identity.APIKey = key("kiwi-power", "kiwi-telco") }},
		{"its own name with another tenant's key", "Deny", func(r *Request) {
			r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = "kiwi-telco-"+domain, key("kiwi-power", "kiwi-telco")
		}},
		{"another tenant's name with that one's key", "Deny", func(r *Request) {
			r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = "kiwi-power-"+domain, key("kiwi-power", "kiwi-power")
		}},
		{"a name other than the tenant's", "Allow", func(r *Request) {
			r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = "insurance-"+domain, key("kiwi-telco", "insurance")
		}},
		{"its own name with a key for another", "Deny", func(r *Request) {
			r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = "kiwi-telco-"+domain, key("kiwi-telco", "insurance")
		}},
		{"a key of no tenant", "Allow", func(r *Request) { r.RequestContext.Identity.APIKey = "0123456789abcdef0123" }},
		{"its own name with a key of no tenant", "Deny", func(r *Request) {
			r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = "kiwi-telco-"+domain, "0123456789abcdef0123"
		}},
		{"no key", "Deny", func(r *Request) { r.RequestContext.Identity.APIKey = ""; delete(r.Headers, "x-api-key") }},
		{"another tenant's key in the header alone", "Deny", func(r *Request) {
			r.RequestContext.Identity.APIKey = ""
			r.Headers["x-api-key"] = key("kiwi-power", "kiwi-power")
		}},
		{"a token behind another scheme", "401", func(r *Request) { r.Headers["authorization"] = "Basic " + token }},
		{"no headers", "401", func(r *Request) { r.Headers = nil }},
		{"an ARN that is none", "401", func(r *Request) { r.MethodArn = "*" }},
		{"an ARN of another service", "401", func(r *Request) { r.MethodArn = "arn:aws:s3:::abc/live/GET" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := verdict(t, a, request(token, tc.change)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// What the gateway refuses after the authoriser, the tenant's own portal may read.
func TestS26_TheTenantsPortalIsNamed(t *testing.T) {
	p := newProvider(t, "k1")
	a, _, _ := newAuthoriser(t, p)
	token := p.sign(t, "k1", p.claims(nil))
	for _, tc := range []struct {
		name, called, label, portal string
		want                        any
	}{
		{"its name", "kiwi-telco-" + domain, "kiwi-telco", ".prod.cover.example", "https://kiwi-telco.prod.cover.example"},
		{"its hostname", "insurance-" + domain, "insurance", ".prod.cover.example", "https://insurance.prod.cover.example"},
		{"another's name", "kiwi-power-" + domain, "kiwi-telco", ".prod.cover.example", nil},
		{"the API's own name", domain, "kiwi-telco", ".prod.cover.example", nil},
		{"no portals", "kiwi-telco-" + domain, "kiwi-telco", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := a.Handle(t.Context(), request(token, func(r *Request) {
				r.StageVariables[StagePortal] = tc.portal
				r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = tc.called, key("kiwi-telco", tc.label)
			}))
			if err != nil || got.Context["origin"] != tc.want {
				t.Errorf("%v, %v; want %v", got.Context["origin"], err, tc.want)
			}
		})
	}
}

func TestS13_KeysAreKeptAndRotate(t *testing.T) {
	p := newProvider(t, "k1")
	a, now, _ := newAuthoriser(t, p)
	old := p.sign(t, "k1", p.claims(nil))
	for range 5 {
		if got := verdict(t, a, request(old, nil)); got != "Allow" {
			t.Fatal(got)
		}
	}
	if n := p.fetched(); n != 1 {
		t.Errorf("%d fetches for five tokens of one key, want 1", n)
	}

	p.add(t, "k2")
	next := p.sign(t, "k2", p.claims(nil))
	now.pass(pause)
	if got := verdict(t, a, request(next, nil)); got != "Allow" {
		t.Errorf("a token of a new key: %s", got)
	}

	p.remove("k1")
	now.pass(fresh - time.Second)
	if got := verdict(t, a, request(old, nil)); got != "Allow" {
		t.Errorf("a key counts while it is fresh: %s", got)
	}
	now.pass(time.Second)
	if got := verdict(t, a, request(old, nil)); got != "401" {
		t.Errorf("a key that was taken back: %s", got)
	}
}

// Anybody can send tokens that name keys which do not exist.
func TestS13_UnknownKeysCannotFloodTheIssuer(t *testing.T) {
	p, stranger := newProvider(t, "k1"), newProvider(t, "other")
	a, now, _ := newAuthoriser(t, p)
	forged := stranger.sign(t, "other", p.claims(nil))
	for range 50 {
		if got := verdict(t, a, request(forged, nil)); got != "401" {
			t.Fatal(got)
		}
	}
	if n := p.fetched(); n != 1 {
		t.Errorf("%d fetches for 50 forged tokens, want 1", n)
	}
	now.pass(pause)
	verdict(t, a, request(forged, nil))
	if n := p.fetched(); n != 2 {
		t.Errorf("%d fetches after a pause, want 2", n)
	}
}

func TestS13_WhileTheIssuerIsDown(t *testing.T) {
	p := newProvider(t, "k1")
	token := p.sign(t, "k1", p.claims(nil))

	a, now, _ := newAuthoriser(t, p)
	p.stop(true)
	if got := verdict(t, a, request(token, nil)); got != "500" {
		t.Errorf("without keys nothing can be decided: %s", got)
	}
	p.stop(false)
	now.pass(pause)
	if got := verdict(t, a, request(token, nil)); got != "Allow" {
		t.Errorf("after the issuer came back: %s", got)
	}

	p.stop(true)
	now.pass(fresh + time.Second)
	if got := verdict(t, a, request(token, nil)); got != "Allow" {
		t.Errorf("keys count while the issuer is down: %s", got)
	}
	if got := verdict(t, a, request(p.sign(t, "k1", p.claims(body{"aud": "api://cover-dev"})), nil)); got != "401" {
		t.Errorf("a wrong token while the issuer is down: %s", got)
	}
	now.pass(stale)
	if got := verdict(t, a, request(token, nil)); got != "500" {
		t.Errorf("keys do not count for ever: %s", got)
	}
}

func TestS13_WhatTheIssuerAnswersIsNotTrusted(t *testing.T) {
	p := newProvider(t, "k1")
	token := p.sign(t, "k1", p.claims(nil))
	for name, text := range map[string]string{
		"no JSON": "<html>", "no keys": `{"keys":[]}`, "a number": "1", "a huge document": `{"keys":[{"kid":"` + strings.Repeat("x", maxKeys) + `"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
			t.Cleanup(server.Close)
			c := &clock{now: start}
			a, err := New(Config{Issuer: p.issuer(), Audience: audience, KeysURL: server.URL, Now: c.Now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if got := verdict(t, a, request(token, nil)); got != "500" {
				t.Error(got)
			}
		})
	}
}

func TestS28_TokensAreNotLogged(t *testing.T) {
	p := newProvider(t, "k1")
	a, _, log := newAuthoriser(t, p)
	for _, token := range []string{p.sign(t, "k1", p.claims(body{"aud": "other"})), tampered(p.sign(t, "k1", p.claims(nil))), "x.y.z"} {
		verdict(t, a, request(token, nil))
		verdict(t, a, request(token, func(r *Request) { r.Headers["authorization"] = token }))
		for part := range strings.SplitSeq(token, ".") {
			if len(part) > 1 && strings.Contains(log.String(), part) {
				t.Errorf("the log holds a part of the token: %s", log)
			}
		}
	}
	denied := p.sign(t, "k1", p.claims(nil))
	verdict(t, a, request(denied, func(r *Request) { r.RequestContext.Identity.APIKey = key("kiwi-power", "kiwi-power") }))
	if s := log.String(); strings.Contains(s, secret) || strings.Contains(s, denied) || !strings.Contains(s, "denied") {
		t.Errorf("the log is %s", s)
	}
}

func TestConfigurationsThatCouldLetThroughTooMuch(t *testing.T) {
	if _, err := New(Config{Issuer: "https://cover.okta.com/oauth2/default"}); err == nil {
		t.Error("an authoriser without an audience")
	}
	if _, err := New(Config{Audience: audience}); err == nil {
		t.Error("an authoriser without an issuer")
	}
	env := map[string]string{EnvIssuer: "http://cover.okta.com/oauth2/default", EnvAudience: audience}
	if _, err := NewFromEnvironment(func(k string) string { return env[k] }); err == nil {
		t.Error("an issuer whose keys come in the clear")
	}
	env[EnvIssuer] = "https://cover.okta.com/oauth2/default"
	a, err := NewFromEnvironment(func(k string) string { return env[k] })
	if err != nil || a.config.KeysURL != "https://cover.okta.com/oauth2/default/v1/keys" {
		t.Error(a, err)
	}
}

// FuzzHandle: no request makes the authoriser panic or let something through.
func FuzzHandle(f *testing.F) {
	f.Add("Bearer a.b.c", method, domain, "key")
	f.Add("", "", "", "")
	a, err := New(Config{Issuer: "https://127.0.0.1:1", Audience: audience, Client: &http.Client{Transport: nowhere{}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, authorization, arn, host, key string) {
		r := request("", func(r *Request) {
			r.Headers["authorization"], r.MethodArn, r.RequestContext.DomainName, r.RequestContext.Identity.APIKey = authorization, arn, host, key
		})
		if got, err := a.Handle(context.Background(), r); err == nil {
			t.Errorf("let through: %+v", got)
		}
	})
}

// nowhere is a network that is down.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
