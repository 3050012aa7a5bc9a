package motest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// answer says what AWS says. Each answer names the page that says so.
func (f *Front) answer(r request) answer {
	switch r.operation {
	case "CreateAccount":
		return f.createAccount(r)
	case "DescribeCreateAccountStatus":
		return f.describeCreation(r)
	case "ListCreateAccountStatus":
		return f.listCreations(r)
	case "EnableAWSServiceAccess":
		a := f.forward(r)
		f.trusted[r.text("ServicePrincipal")] = f.trusted[r.text("ServicePrincipal")] || a.status == http.StatusOK
		return a
	case "EnableSharingWithAwsOrganization":
		return f.share(r)
	case "GetRegionOptStatus", "EnableRegion":
		return f.region(r)
	case "RegisterDelegatedAdministrator", "ListDelegatedAdministrators":
		return f.delegation(r)
	case "EnableHubAdministrator", "ListHubAdministrators", "EnableDutyAdministrator", "ListDutyAdministrators":
		return f.administrator(r)
	case "DescribeGlobalSettings", "UpdateGlobalSettings":
		return f.globalSettings(r)
	case "ActivateOrganizationsAccess":
		f.stackSets = true
		return sayXML(r.operation, "")
	case "DescribeOrganizationsAccess":
		status := map[bool]string{true: "ENABLED", false: "DISABLED"}[f.stackSets]
		return sayXML(r.operation, "<Status>"+status+"</Status>")
	}
	return f.forward(r)
}

func (c *creation) status() map[string]any {
	s := map[string]any{"Id": c.id, "AccountName": c.name, "State": c.state}
	if c.reason != "" {
		s["FailureReason"] = c.reason
	}
	if c.account != "" {
		s["AccountId"] = c.account
	}
	return s
}

// createAccount answers at once and makes the account later. An address that
// has an account, or soon will, gets no other (CreateAccountStatus, AWS
// Organizations API Reference).
func (f *Front) createAccount(r request) answer {
	c := &creation{id: fmt.Sprintf("car-%08d", len(f.pending)), name: r.text("AccountName"), email: r.text("Email"), state: "IN_PROGRESS"}
	out, a := f.ask(r, "ListAccounts", map[string]any{})
	if a.status != http.StatusOK {
		return a
	}
	taken := false
	accounts, _ := out["Accounts"].([]any)
	for _, x := range accounts {
		account, _ := x.(map[string]any)
		email, _ := account["Email"].(string)
		taken = taken || strings.EqualFold(email, c.email)
	}
	for _, p := range f.pending {
		taken = taken || p.state == "IN_PROGRESS" && strings.EqualFold(p.email, c.email)
	}
	switch reason := f.Refused[c.email]; {
	case taken:
		c.state, c.reason = "FAILED", "EMAIL_ALREADY_EXISTS"
	case reason != "":
		c.state, c.reason = "FAILED", reason
	}
	f.pending[c.id] = c
	return say(map[string]any{"CreateAccountStatus": c.status()})
}

// look moves a creation on.
func (f *Front) look(r request, c *creation) {
	if c.state != "IN_PROGRESS" {
		return
	}
	if c.looks++; c.looks <= f.Slow {
		return
	}
	out, _ := f.ask(r, "CreateAccount", map[string]any{"Email": c.email, "AccountName": c.name})
	status, _ := out["CreateAccountStatus"].(map[string]any)
	c.account, _ = status["AccountId"].(string)
	c.state = "SUCCEEDED"
}

func (f *Front) describeCreation(r request) answer {
	c, ok := f.pending[r.text("CreateAccountRequestId")]
	if !ok {
		return refuse("CreateAccountStatusNotFoundException", "there is no such request")
	}
	f.look(r, c)
	return say(map[string]any{"CreateAccountStatus": c.status()})
}

func (f *Front) listCreations(r request) answer {
	list := []any{}
	wanted, _ := r.in["States"].([]any)
	for _, c := range f.pending {
		if slices.Contains(wanted, any(c.state)) {
			list = append(list, c.status())
		}
	}
	return say(map[string]any{"CreateAccountStatuses": list})
}

// globalSettings tells and changes AWS Backup's settings of the organisation,
// which has to trust it ("Creating backup copies across AWS accounts", AWS
// Backup Developer Guide).
func (f *Front) globalSettings(r request) answer {
	if r.operation == "DescribeGlobalSettings" {
		return say(map[string]any{"GlobalSettings": map[string]string{"isCrossAccountBackupEnabled": cmp.Or(f.copies, "false")}})
	}
	if !f.trusted["backup.amazonaws.com"] {
		return refuse("InvalidRequestException", "AWS Backup has no trusted access")
	}
	settings, _ := r.in["GlobalSettings"].(map[string]any)
	f.copies, _ = settings["isCrossAccountBackupEnabled"].(string)
	return answer{status: http.StatusOK}
}

// share also makes the service-linked role and trusts the service
// (EnableSharingWithAwsOrganization, AWS RAM API Reference).
func (f *Front) share(r request) answer {
	a := f.forward(r)
	if a.status != http.StatusOK {
		return a
	}
	if _, enabled := f.ask(r, "EnableAWSServiceAccess", map[string]any{"ServicePrincipal": "ram.amazonaws.com"}); enabled.status != http.StatusOK {
		return enabled
	}
	form := url.Values{"Action": {"CreateRole"}, "Version": {"2010-05-08"}, "Path": {"/aws-service-role/ram.amazonaws.com/"},
		"RoleName": {"AWSServiceRoleForResourceAccessManager"}, "AssumeRolePolicyDocument": {`{"Version": "2012-10-17", "Statement": []}`}}
	// It may be there already.
	f.forwardAs(r, "iam", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
	return a
}

// region tells and enables Regions: those that are open to everybody, and
// others that take a while. A member account is asked about by the management
// account, which has to trust Account Management and cannot name itself
// (EnableRegion, AWS Account Management API Reference).
func (f *Front) region(r request) answer {
	account, region := r.text("AccountId"), r.text("RegionName")
	switch {
	case account == Account:
		return refuse("ValidationException", "the management account cannot specify its own id")
	case account != "" && !f.trusted["account.amazonaws.com"]:
		return refuse("AccessDeniedException", "trusted access is not enabled for Account Management")
	}
	status, key := "DISABLED", account+"/"+region
	looks, asked := f.regions[key]
	switch {
	case region == "ap-southeast-2" || strings.HasPrefix(region, "us-"):
		status = "ENABLED_BY_DEFAULT"
	case asked && looks >= f.Slow:
		status = "ENABLED"
	case asked:
		status = "ENABLING"
	}
	if r.operation == "GetRegionOptStatus" {
		if asked {
			f.regions[key]++
		}
		return say(map[string]any{"RegionName": region, "RegionOptStatus": status})
	}
	if status == "ENABLING" {
		a := refuse("ConflictException", "the Region is being enabled")
		a.status = http.StatusConflict
		return a
	}
	if !asked {
		f.regions[key] = 0
	}
	return say(nil)
}

// delegation keeps who administers a service, which has to be trusted first
// (RegisterDelegatedAdministrator, AWS Organizations API Reference).
func (f *Front) delegation(r request) answer {
	principal, account := r.text("ServicePrincipal"), r.text("AccountId")
	have := f.delegated[principal]
	if r.operation == "ListDelegatedAdministrators" {
		list := []any{}
		for _, id := range have {
			list = append(list, map[string]any{"Id": id})
		}
		return say(map[string]any{"DelegatedAdministrators": list})
	}
	switch {
	case !f.trusted[principal]:
		return refuse("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
	case slices.Contains(have, account):
		return refuse("AccountAlreadyRegisteredException", "the account is an administrator already")
	}
	f.delegated[principal] = append(have, account)
	return say(nil)
}

// Delegate makes an account the administrator of a service: a principal, or
// "hub/REGION" or "duty/REGION" for Security Hub's and GuardDuty's own.
func (f *Front) Delegate(service, account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delegated[service] = append(f.delegated[service], account)
}

// administrator keeps the one account of a Region that administers Security Hub
// or GuardDuty (EnableOrganizationAdminAccount in their API References).
func (f *Front) administrator(r request) answer {
	key, id, status := "hub/"+r.region, "AccountId", "Status"
	if strings.Contains(r.operation, "Duty") {
		key, id, status = "duty/"+r.region, "adminAccountId", "adminStatus"
	}
	have := f.delegated[key]
	if strings.HasPrefix(r.operation, "List") {
		list := []any{}
		for _, a := range have {
			list = append(list, map[string]any{id: a, status: "ENABLED"})
		}
		return say(map[string]any{"AdminAccounts": list, "adminAccounts": list})
	}
	account := r.text("AdminAccountId")
	if account == "" {
		account = r.text("adminAccountId")
	}
	if len(have) > 0 && have[0] != account {
		return refuse("BadRequestException", "another account administers it")
	}
	f.delegated[key] = []string{account}
	return say(map[string]any{})
}

// Delegated returns who administers a service.
func (f *Front) Delegated(service string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.delegated[service])
}
