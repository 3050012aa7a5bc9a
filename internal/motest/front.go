package motest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Front stands in front of a moto server and answers what moto lacks, as AWS's
// documentation says: accounts that take their time, Regions that accounts
// enable, delegated administrators, StackSets' access to an organisation, AWS
// Backup's settings. What
// it does not know goes to moto.
type Front struct {
	// URL is the endpoint of every service.
	URL string
	// Slow is how often what AWS does in the background is asked about before
	// it is done.
	Slow int
	// Fault, if set, is asked before each call what shall become of it.
	Fault func(Call) Fault
	// Refused are the addresses for which AWS makes no account, and why.
	Refused map[string]string

	moto string

	mu        sync.Mutex
	calls     []Call
	pending   map[string]*creation // by request
	trusted   map[string]bool
	regions   map[string]int      // account/Region: how often asked since it was enabled
	delegated map[string][]string // by principal, or principal/Region
	stackSets bool
	copies    string // whether AWS Backup copies between accounts
}

// Call is one call of AWS's API.
type Call struct {
	Operation string
	Changes   bool // it may change something
	Number    int  // of those that may, from 1; 0 for others
}

// Fault is what becomes of a call.
type Fault struct {
	// Code, if set, is answered instead of doing anything.
	Code string
	// Lose drops the answer of a call that was done.
	Lose bool
	// Drop drops the call before it is done.
	Drop bool
}

// creation is an account that AWS is making.
type creation struct {
	id, name, email string
	looks           int
	state, reason   string
	account         string
}

// NewFront puts a front before a server, for as long as a test runs.
func NewFront(t testing.TB, s *Server) *Front {
	f := &Front{moto: s.URL, pending: map[string]*creation{}, trusted: map[string]bool{}, regions: map[string]int{}, delegated: map[string][]string{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// Calls returns the calls so far.
func (f *Front) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Changes returns how many calls so far may have changed something.
func (f *Front) Changes() int {
	n := 0
	for _, c := range f.Calls() {
		n = max(n, c.Number)
	}
	return n
}

// request is a call with what it says.
type request struct {
	*http.Request
	body      []byte
	operation string
	region    string
	in        map[string]any // of a JSON body
}

func (r request) text(key string) string { s, _ := r.in[key].(string); return s }

// answer is what is said back.
type answer struct {
	status      int
	header      http.Header
	body        []byte
	contentType string
}

// ServeHTTP answers a call.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.note(req)
	var a answer
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler)
	case fault.Code != "":
		a = req.refuse(fault.Code)
	default:
		a = f.answer(req)
	}
	if fault.Lose {
		panic(http.ErrAbortHandler)
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the test sees what the client makes of it
}

func (f *Front) note(r request) Fault {
	c := Call{Operation: r.operation}
	c.Changes = !slices.ContainsFunc([]string{"Describe", "List", "Get"}, func(p string) bool { return strings.HasPrefix(r.operation, p) })
	if c.Changes {
		c.Number = 1
		for _, before := range f.calls {
			if before.Changes {
				c.Number++
			}
		}
	}
	f.calls = append(f.calls, c)
	if f.Fault == nil {
		return Fault{}
	}
	return f.Fault(c)
}

// read finds out which operation is called, in any of the protocols that the
// services speak.
func read(r *http.Request) (request, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return request{}, err
	}
	req := request{Request: r, body: body}
	if scope := strings.Split(r.Header.Get("Authorization"), "/"); len(scope) > 3 {
		req.region = scope[2]
	}
	_ = json.Unmarshal(body, &req.in) // other bodies are no JSON
	rest := map[string]string{"/getRegionOptStatus": "GetRegionOptStatus", "/enableRegion": "EnableRegion",
		"/organization/admin": "ListHubAdministrators", "/organization/admin/enable": "EnableHubAdministrator",
		"/enablesharingwithawsorganization": "EnableSharingWithAwsOrganization", "/admin": "ListDutyAdministrators", "/admin/enable": "EnableDutyAdministrator"}
	_, target, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch form, err := url.ParseQuery(string(body)); {
	case ok:
		req.operation = target
	case err == nil && form.Get("Action") != "":
		req.operation = form.Get("Action")
	case r.URL.Path == "/global-settings":
		req.operation = map[string]string{http.MethodGet: "DescribeGlobalSettings", http.MethodPut: "UpdateGlobalSettings"}[r.Method]
	default:
		req.operation = rest[r.URL.Path]
	}
	if req.operation == "" {
		return req, fmt.Errorf("the front knows no operation at %s", r.URL.Path)
	}
	return req, nil
}

// forward asks moto.
func (f *Front) forward(r request) answer {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, f.moto+r.URL.RequestURI(), bytes.NewReader(r.body))
	if err != nil {
		return refuse("InternalFailure", err.Error())
	}
	out.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(out)
	if err != nil {
		return refuse("InternalFailure", err.Error())
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return refuse("InternalFailure", err.Error())
	}
	return answer{status: res.StatusCode, header: res.Header, body: body}
}

// forwardAs asks moto for something else, as the caller of r. moto finds the
// service in the signature's scope.
func (f *Front) forwardAs(r request, service string, h http.Header, body []byte) answer {
	scope := strings.Split(r.Header.Get("Authorization"), "/")
	if len(scope) > 3 {
		scope[3] = service
	}
	h.Set("Authorization", strings.Join(scope, "/"))
	to := r.Clone(r.Context())
	to.Header, to.Method, to.URL = h, http.MethodPost, &url.URL{Path: "/"}
	return f.forward(request{Request: to, body: body})
}

// ask calls an operation of Organizations at moto, as the caller of r.
func (f *Front) ask(r request, operation string, in map[string]any) (map[string]any, answer) {
	body, _ := json.Marshal(in) // maps of text can be written
	a := f.forwardAs(r, "organizations", http.Header{"X-Amz-Target": {"AWSOrganizationsV20161128." + operation}, "Content-Type": {"application/x-amz-json-1.1"}}, body)
	var out map[string]any
	_ = json.Unmarshal(a.body, &out) // an error's body is looked at by nobody
	return out, a
}

func say(v any) answer {
	body, _ := json.Marshal(v) // maps of text can be written
	return answer{status: http.StatusOK, body: body, contentType: "application/x-amz-json-1.1"}
}

func refuse(code, message string) answer {
	a := say(map[string]string{"__type": code, "message": message, "Message": message})
	a.status = http.StatusBadRequest
	a.header = http.Header{"X-Amzn-Errortype": {code}}
	return a
}

// refuse answers an error in the protocol that the request speaks.
func (r request) refuse(code string) answer {
	const message = "said by the test"
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return refuse(code, message)
	}
	return answer{status: http.StatusBadRequest, contentType: "text/xml",
		body: fmt.Appendf(nil, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)}
}

func sayXML(operation, inner string) answer {
	return answer{status: http.StatusOK, contentType: "text/xml",
		body: fmt.Appendf(nil, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", operation, inner)}
}
