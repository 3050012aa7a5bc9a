// Package authoriser decides which requests API Gateway lets through.
//
// A request is let through if it carries a token that the estate's identity
// provider signed for this environment, that is valid now, and that names the
// tenant to whom the name called and the API key belong. Everything else is
// refused: nothing is let through because something could not be read, fetched
// or understood. A token is never logged.
package authoriser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/suretyhq/surety/addr"
)

// Config says whose tokens are taken, and for what.
type Config struct {
	// Issuer is the token's issuer, exactly: an authorisation server of Okta.
	Issuer string
	// Audience is what tokens are issued for: this environment.
	Audience string
	// KeysURL is where the issuer publishes its keys. Default: Issuer/v1/keys,
	// where Okta does ("Validate access tokens", Okta Developer).
	KeysURL string
	// Client fetches the keys. Default: one that gives up after two seconds.
	Client *http.Client
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Log gets a line for each refusal. Default: slog.Default().
	Log *slog.Logger
}

// Environment variables that NewFromEnvironment reads.
const (
	EnvIssuer   = "TOKEN_ISSUER"
	EnvAudience = "TOKEN_AUDIENCE"
)

// timeout bounds a fetch of keys: API Gateway gives up on an authoriser after
// ten seconds.
const timeout = 2 * time.Second

// errUnauthorised is the one text that API Gateway answers 401 to; any other error
// is answered 500, and neither is kept ("Output from an API Gateway Lambda
// authorizer", Amazon API Gateway Developer Guide).
var errUnauthorised = errors.New("Unauthorized") //nolint:staticcheck // the text is API Gateway's

// Authoriser decides. It is safe for concurrent use.
type Authoriser struct {
	config Config
	keys   *keys
}

// New returns an authoriser, and an error for a configuration that could let
// through what it should not.
func New(c Config) (*Authoriser, error) {
	if c.Issuer == "" || c.Audience == "" {
		return nil, errors.New("an authoriser needs an issuer and an audience")
	}
	if c.KeysURL == "" {
		c.KeysURL = c.Issuer + "/v1/keys"
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: timeout}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Authoriser{config: c, keys: &keys{url: c.KeysURL, client: c.Client, now: c.Now}}, nil
}

// NewFromEnvironment reads the configuration from a function's environment. An
// issuer that is not https is refused: its keys would come in the clear.
func NewFromEnvironment(getenv func(string) string) (*Authoriser, error) {
	c := Config{Issuer: getenv(EnvIssuer), Audience: getenv(EnvAudience)}
	if !strings.HasPrefix(c.Issuer, "https://") {
		return nil, fmt.Errorf("%s is %q, which is no https address", EnvIssuer, c.Issuer)
	}
	return New(c)
}

// Request is what API Gateway sends to an authoriser of the type REQUEST.
type Request struct {
	events.APIGatewayCustomAuthorizerRequestTypeRequest

	RequestContext RequestContext `json:"requestContext"`
}

// RequestContext is the part of the context that counts here. DomainName is the
// name that the client called.
type RequestContext struct {
	events.APIGatewayCustomAuthorizerRequestTypeRequestContext

	DomainName string `json:"domainName"`
}

// Handle answers a request: with a policy for a token that is valid, with 401
// for one that is not, and with an error where that cannot be known.
func (a *Authoriser) Handle(ctx context.Context, r Request) (events.APIGatewayCustomAuthorizerResponse, error) {
	var none events.APIGatewayCustomAuthorizerResponse
	stage, err := stageOf(r.MethodArn)
	if err != nil {
		return none, a.refuse(ctx, r, err)
	}
	raw, err := bearer(r)
	if err != nil {
		return none, a.refuse(ctx, r, err)
	}
	claims, err := a.verify(ctx, raw)
	if errors.Is(err, errUnavailable) {
		a.config.Log.ErrorContext(ctx, "cannot decide", "request", r.RequestContext.RequestID, "why", err)
		return none, err
	}
	if err != nil {
		return none, a.refuse(ctx, r, err)
	}
	if err := belongs(r, claims.Tenant); err != nil {
		a.config.Log.WarnContext(ctx, "denied", "request", r.RequestContext.RequestID, "subject", claims.Subject, "why", err)
		return answer("Deny", stage, claims), nil
	}
	allowed := answer("Allow", stage, claims)
	if origin := portal(r); origin != "" {
		allowed.Context["origin"] = origin
	}
	return allowed, nil
}

// portal returns the origin of the portal of the tenant whose name was called,
// so that its pages may read why the gateway refuses a request later, as where
// the tenant's plan holds it back. At the API's own name there is none.
func portal(r Request) string {
	label, suffix := calledLabel(r), r.StageVariables[StagePortal]
	if suffix == "" || !isLabel(label) {
		return ""
	}
	return "https://" + label + suffix
}

func (a *Authoriser) refuse(ctx context.Context, r Request, why error) error {
	a.config.Log.WarnContext(ctx, "refused", "request", r.RequestContext.RequestID, "why", why)
	return errUnauthorised
}

// claims are the claims of a token that count here.
type claims struct {
	Subject string   `json:"sub"`
	Tenant  string   `json:"tenant"`
	Scopes  []string `json:"scp"`
}

// verify checks signature, issuer, audience and times, and reads the claims.
// RS256 alone is taken: it is what Okta signs with, and neither "none" nor a
// signature by a shared secret may pass for one.
func (a *Authoriser) verify(ctx context.Context, raw string) (claims, error) {
	var c claims
	set := &attempt{keys: a.keys}
	token, err := oidc.NewVerifier(a.config.Issuer, set, &oidc.Config{
		ClientID: a.config.Audience, SupportedSigningAlgs: []string{oidc.RS256}, Now: a.config.Now}).Verify(ctx, raw)
	if set.unavailable != nil {
		return c, set.unavailable
	}
	if err != nil {
		return c, err
	}
	if err := token.Claims(&c); err != nil {
		return c, fmt.Errorf("the token's claims: %w", err)
	}
	if c.Subject == "" || !isLabel(c.Tenant) {
		return c, errors.New("the token names no subject or no tenant")
	}
	return c, nil
}

// bearer returns the token of the header Authorization.
func bearer(r Request) (string, error) {
	scheme, token, ok := strings.Cut(strings.TrimSpace(header(r, "Authorization")), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
		return "", errors.New("there is no bearer token")
	}
	return strings.TrimSpace(token), nil
}

// header returns a header, whose name may be spelt in any case.
func header(r Request, name string) string {
	for k, v := range r.Headers {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// belongs says why a request is not one of the tenant's. The name called may be
// a tenant's (LABEL-api.…) and the API key may be (package addr says how); at a
// tenant's name the key has to be that tenant's. A forged key does not pass: API
// Gateway itself looks the whole of it up after this.
func belongs(r Request, tenant string) error {
	key := r.RequestContext.Identity.APIKey
	if key == "" {
		key = header(r, "x-api-key")
	}
	if key == "" {
		return errors.New("there is no API key")
	}
	owner, label, owned := addr.KeyOwner(key)
	called := calledLabel(r)
	switch {
	case owned && owner != tenant:
		return fmt.Errorf("the API key is not one of the tenant %s", tenant)
	case called == "":
		return nil // the environment's own instance; its plan has no tenant's key
	case !owned:
		return errors.New("the name called is a tenant's, and the API key no tenant's")
	case called != label:
		return fmt.Errorf("the name called is %s's, the API key %s's", called, label)
	}
	return nil
}

// Stage variables: the API's own name, and what follows a tenant's label in the
// name of its portal.
const (
	StageDomain = "domain"
	StagePortal = "portal"
)

// nobody owns a name that is neither the API's own nor a tenant's. It is no
// label, so no tenant has it.
const nobody = "(nobody)"

// calledLabel returns the label of the tenant whose name was called, and "" for
// the API's own name.
func calledLabel(r Request) string {
	own := r.StageVariables[StageDomain]
	host := strings.ToLower(strings.TrimSuffix(r.RequestContext.DomainName, "."))
	if own == "" {
		return nobody
	}
	if host == own {
		return ""
	}
	if label, ok := strings.CutSuffix(host, "-"+own); ok && isLabel(label) {
		return label
	}
	return nobody
}

// isLabel says whether s can be one label of a host name.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// stageOf returns the ARN of everything in a method's stage. API Gateway keeps
// an answer for the token's next requests, whatever their method, so the policy
// speaks of all of them.
func stageOf(methodARN string) (string, error) {
	parts := strings.Split(methodARN, "/")
	if len(parts) < 3 || !strings.HasPrefix(methodARN, "arn:aws:execute-api:") || parts[1] == "" {
		return "", errors.New("the method's ARN cannot be read")
	}
	return parts[0] + "/" + parts[1] + "/*", nil
}

func answer(effect, resource string, c claims) events.APIGatewayCustomAuthorizerResponse {
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: c.Subject,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{{
			Effect: effect, Action: []string{"execute-api:Invoke"}, Resource: []string{resource}}}},
		Context: map[string]any{"tenant": c.Tenant, "subject": c.Subject, "scopes": strings.Join(c.Scopes, " ")},
	}
}
