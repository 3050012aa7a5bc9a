package authoriser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// How long fetched keys count. A key that the issuer takes back is refused
// after fresh at the latest; while the issuer cannot be reached, keys count for
// as long as stale. A token with an unknown key makes a fetch, because keys
// rotate, but not more than one in each pause, because anybody can send one.
const (
	fresh = 10 * time.Minute
	stale = time.Hour
	pause = 10 * time.Second
)

// maxKeys bounds the document that lists the keys.
const maxKeys = 1 << 20

// errUnavailable says that the issuer's keys are not known, so that it cannot
// be decided whether a token is valid.
var errUnavailable = errors.New("the issuer's keys cannot be fetched")

// keys are the issuer's keys as they were last fetched. They are safe for
// concurrent use; of those who need a fetch one does it and the others wait.
type keys struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex
	set     jose.JSONWebKeySet
	fetched time.Time // of the last fetch that worked
	tried   time.Time // of the last fetch
	problem error     // of the last fetch
}

// named returns the signing keys of a name; none if the issuer has no such key.
func (k *keys) named(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found := k.signing(id); len(found) > 0 && k.age() < fresh {
		return found, nil
	}
	if k.tried.IsZero() || k.now().Sub(k.tried) >= pause {
		k.fetch(ctx)
	}
	if found := k.signing(id); len(found) > 0 && k.age() < stale {
		return found, nil
	}
	if k.problem != nil {
		return nil, fmt.Errorf("%w: %w", errUnavailable, k.problem)
	}
	return nil, nil
}

func (k *keys) age() time.Duration { return k.now().Sub(k.fetched) }

// signing returns the keys of a name that are for signatures.
func (k *keys) signing(id string) []jose.JSONWebKey {
	var found []jose.JSONWebKey
	for _, key := range k.set.Key(id) {
		if key.IsPublic() && key.Use != "enc" {
			found = append(found, key)
		}
	}
	return found
}

func (k *keys) fetch(ctx context.Context) {
	k.tried = k.now()
	set, err := get(ctx, k.client, k.url)
	if k.problem = err; err == nil {
		k.set, k.fetched = set, k.tried
	}
}

func get(ctx context.Context, client *http.Client, url string) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return set, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return set, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read; nothing is lost
	if resp.StatusCode != http.StatusOK {
		return set, fmt.Errorf("%s answers %s", url, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(&set); err != nil {
		return set, fmt.Errorf("%s does not answer with keys: %w", url, err)
	}
	if len(set.Keys) == 0 {
		return set, fmt.Errorf("%s lists no keys", url)
	}
	return set, nil
}

// attempt is the key set of one verification. It remembers if the keys were
// not to be had, which the verifier's error does not say.
type attempt struct {
	keys        *keys
	unavailable error
}

// VerifySignature returns the payload of a token that one of the issuer's keys
// signed. The verifier has checked the algorithm before.
func (a *attempt) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	token, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	id := token.Signatures[0].Header.KeyID
	if id == "" {
		return nil, errors.New("the token does not name its key")
	}
	named, err := a.keys.named(ctx, id)
	if err != nil {
		a.unavailable = err
		return nil, err
	}
	for _, key := range named {
		if payload, err := token.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of the issuer made the signature")
}
