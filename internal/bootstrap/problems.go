package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/smithy-go"

	"github.com/suretyhq/surety/diag"
)

// Codes of the diagnostics that this package gives. Each has a page under
// docs/diagnostics.
const (
	CodeAccount      = "BOOTSTRAP_ACCOUNT"
	CodeAWS          = "BOOTSTRAP_AWS"
	CodeCredentials  = "BOOTSTRAP_CREDENTIALS"
	CodeDelegated    = "BOOTSTRAP_DELEGATED"
	CodeFeatures     = "BOOTSTRAP_FEATURES"
	CodeManagement   = "BOOTSTRAP_MANAGEMENT"
	CodeNoManagement = "BOOTSTRAP_NO_MANAGEMENT"
	CodeNotReady     = "BOOTSTRAP_NOT_READY"
	CodeRole         = "BOOTSTRAP_ROLE"
	CodeUnit         = "BOOTSTRAP_UNIT"
)

const again = "run the command again; it goes on where it stopped"

// explain turns what went wrong in a step into a diagnostic: what, where, why,
// how to mend it. What is one already, and the end of the context, stay as they
// are.
func (w *world) explain(ctx context.Context, err error, s step) error {
	var d diag.Diagnostic
	var list diag.List
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &d), errors.As(err, &list):
		return err
	case errors.Is(err, errPatience):
		return diag.Diagnostic{Code: CodeNotReady, Pos: w.at(s.path), What: fmt.Sprintf("cannot %s: %v", s.what, err),
			Why: "AWS works on it in the background and has reported no failure", Fix: "run the command again later; it goes on where it stopped"}
	}
	d = diag.Diagnostic{Code: CodeAWS, Pos: w.at(s.path), What: fmt.Sprintf("cannot %s: %v", s.what, err), Fix: again}
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return d
	}
	action := op.Service() + " " + op.Operation()
	var api smithy.APIError
	if !errors.As(err, &api) {
		d.What = fmt.Sprintf("cannot %s: %s got no answer: %v", s.what, action, op.Err)
		if w.caller == "" { // nothing was answered yet: most likely there are no credentials
			d.Code = CodeCredentials
			d.Why = "the organisation is made by its management account, with the credentials that the AWS command line would use"
			d.Fix = "sign in to the management account (aws sts get-caller-identity shows whose credentials are used), then run the command again"
		}
		return d
	}
	d.What = fmt.Sprintf("cannot %s: %s answered %s: %s", s.what, action, api.ErrorCode(), api.ErrorMessage())
	d.Why, d.Fix = advice(api.ErrorCode(), action)
	if w.caller == "" {
		d.Code = CodeCredentials
	}
	return d
}

// advice says why AWS gives an error of a code, and what helps.
func advice(code, action string) (why, fix string) {
	denied := []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
	expired := []string{"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "RequestExpired"}
	switch {
	case slices.Contains(denied, code):
		return "the credentials do not allow it, or a policy of the organisation forbids it", "use an administrator of the management account, or allow it " + action
	case slices.Contains(expired, code):
		return "the credentials are not valid, or not any more", "sign in to the management account again, then run the command again"
	case code == "FinalizingOrganizationException":
		return "AWS sets up a new organisation in the background, which can take an hour", "run the command again later; it goes on where it stopped"
	case retryable(code):
		return "AWS lets through so many requests only", again
	case code == "ConstraintViolationException":
		return "a quota of AWS Organizations is reached", "ask AWS for more (Service Quotas, AWS Organizations), then run the command again"
	}
	return "", again
}
