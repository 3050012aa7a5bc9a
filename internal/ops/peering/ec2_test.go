package peering

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

// described is an answer as the page "DescribeTransitGatewayPeeringAttachments"
// (Amazon EC2 API Reference) has it.
const described = `<DescribeTransitGatewayPeeringAttachmentsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<transitGatewayPeeringAttachments><item><accepterTgwInfo><region>ap-southeast-4</region></accepterTgwInfo><state>pendingAcceptance</state>
<status><code>pending-acceptance</code></status><transitGatewayAttachmentId>tgw-attach-1</transitGatewayAttachmentId></item></transitGatewayPeeringAttachments></DescribeTransitGatewayPeeringAttachmentsResponse>`

// failed is an error as the page "Error codes for the Amazon EC2 API" has it.
const failed = `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors><RequestID>1</RequestID></Response>`

// server answers once, and keeps what it was asked.
func server(t *testing.T, status int, answer string) (*EC2, *url.Values, *http.Header) {
	t.Helper()
	asked, header := &url.Values{}, &http.Header{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked, _ = url.ParseQuery(string(body))
		*header = r.Header.Clone()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return &EC2{Region: "ap-southeast-4", Endpoint: s.URL, Client: s.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "not-a-secret", "")}, asked, header
}

func TestS05_WhatAmazonEC2SaysOfAPeering(t *testing.T) {
	empty := strings.Replace(described, described[strings.Index(described, "<item>"):strings.Index(described, "</transitGatewayPeering")], "", 1)
	for _, c := range []struct {
		name   string
		status int
		answer string
		state  string
		wrong  string
	}{
		{"it waits", 200, described, "pendingAcceptance", ""},
		{"there is none", 200, empty, "", ""},
		{"it is not known yet", 400, fmt.Sprintf(failed, notFound), "", ""},
		{"too many requests", 503, fmt.Sprintf(failed, "RequestLimitExceeded"), "", ""},
		{"a gateway's page", 502, "<html>", "", ""},
		{"not let", 403, fmt.Sprintf(failed, "UnauthorizedOperation"), "", "UnauthorizedOperation (403)"},
		{"no XML", 400, "no", "", "(400)"},
		{"half an answer", 200, described[:100], "", "read the answer"},
	} {
		e, asked, header := server(t, c.status, c.answer)
		state, err := e.State(t.Context(), "tgw-attach-1")
		if state != c.state || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %q, %v", c.name, state, err)
		}
		if asked.Get("Action") != "DescribeTransitGatewayPeeringAttachments" || asked.Get("TransitGatewayAttachmentIds.1") != "tgw-attach-1" || asked.Get("Version") != version {
			t.Errorf("%s: asked %v", c.name, asked)
		}
		if a := header.Get("Authorization"); !strings.Contains(a, "/ap-southeast-4/ec2/aws4_request") || strings.Contains(a, "not-a-secret") {
			t.Errorf("%s: signed %q", c.name, a)
		}
	}
}

func TestS05_AcceptingNamesThePeering(t *testing.T) {
	e, asked, _ := server(t, 200, `<AcceptTransitGatewayPeeringAttachmentResponse/>`)
	if err := e.Accept(t.Context(), "tgw-attach-1"); err != nil || asked.Get("Action") != "AcceptTransitGatewayPeeringAttachment" || asked.Get("TransitGatewayAttachmentId") != "tgw-attach-1" {
		t.Errorf("%v: asked %v", err, asked)
	}
	e, _, _ = server(t, 400, fmt.Sprintf(failed, "IncorrectState"))
	if err := e.Accept(t.Context(), "tgw-attach-1"); err == nil || !strings.Contains(err.Error(), "IncorrectState") {
		t.Error(err)
	}
	e.Endpoint = "http://127.0.0.1:1"
	if _, err := e.State(t.Context(), "tgw-attach-1"); err == nil {
		t.Error("nobody was there, and answered")
	}
}
