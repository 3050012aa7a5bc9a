package peering

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// EC2 is Amazon EC2 of one Region, as far as peerings go. It speaks the query
// protocol itself ("Query requests for Amazon EC2", Amazon EC2 API Reference),
// signed by the SDK's signer: the SDK's own client of Amazon EC2 has some
// thousand calls, takes minutes to compile, and would be there for two.
type EC2 struct {
	Region      string
	Credentials aws.CredentialsProvider
	// Endpoint is where requests go; empty: the Region's own.
	Endpoint string
	Client   *http.Client
}

// version is that of the API.
const version = "2016-11-15"

// largest is how much of an answer is read.
const largest = 1 << 20

// notFound is the code of an error: the Region has not heard of the peering yet.
const notFound = "InvalidTransitGatewayAttachmentID.NotFound"

// refusal is an answer that is an error ("Error codes for the Amazon EC2 API").
type refusal struct {
	Status  int    `xml:"-"`
	Code    string `xml:"Errors>Error>Code"`
	Message string `xml:"Errors>Error>Message"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (%d): %s", r.Code, r.Status, r.Message) }

// busy says whether the same request may be answered later.
func (r *refusal) busy() bool {
	return r.Status >= http.StatusInternalServerError || r.Code == "RequestLimitExceeded"
}

// State returns a peering's state.
func (e *EC2) State(ctx context.Context, id string) (string, error) {
	var out struct {
		States []string `xml:"transitGatewayPeeringAttachments>item>state"`
	}
	why, err := e.call(ctx, url.Values{"Action": {"DescribeTransitGatewayPeeringAttachments"}, "TransitGatewayAttachmentIds.1": {id}}, &out)
	switch {
	case err != nil:
		return "", err
	case why != nil && (why.Code == notFound || why.busy()):
		return "", nil
	case why != nil:
		return "", why
	case len(out.States) == 0:
		return "", nil
	}
	return out.States[0], nil
}

// Accept accepts a peering.
func (e *EC2) Accept(ctx context.Context, id string) error {
	var out struct{}
	why, err := e.call(ctx, url.Values{"Action": {"AcceptTransitGatewayPeeringAttachment"}, "TransitGatewayAttachmentId": {id}}, &out)
	if err == nil && why != nil {
		return why
	}
	return err
}

// call sends a request and reads its answer.
func (e *EC2) call(ctx context.Context, values url.Values, out any) (*refusal, error) {
	values.Set("Version", version)
	endpoint := e.Endpoint
	if endpoint == "" {
		endpoint = "https://ec2." + e.Region + ".amazonaws.com/"
	}
	body := values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	credentials, err := e.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "ec2", e.Region, time.Now()); err != nil {
		return nil, fmt.Errorf("sign the request: %w", err)
	}
	resp, err := e.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call Amazon EC2: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, largest))
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer of Amazon EC2: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		why := &refusal{Code: "Unknown", Status: resp.StatusCode}
		if err := xml.Unmarshal(answer, why); err != nil && !why.busy() {
			return nil, fmt.Errorf("read the error of Amazon EC2 (%d): %w", resp.StatusCode, err)
		}
		return why, nil
	}
	if err := xml.Unmarshal(answer, out); err != nil {
		return nil, fmt.Errorf("read the answer of Amazon EC2: %w", err)
	}
	return nil, nil
}
