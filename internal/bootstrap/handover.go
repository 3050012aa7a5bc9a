package bootstrap

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	identitydocument "github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	identitytypes "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
)

// handoverSteps give the management account's stacks what only AWS knows, and
// move accounts into the units that those stacks make. What has to be there
// first, and is made by a stack or by people, is waited for: it is work.Later.
func (w *world) handoverSteps() []step {
	e := w.o.Document.Estate()
	all := []step{w.parameterStep("organisation/root", "the organisation's root", w.root)}
	for _, name := range e.Organisation.Accounts.Keys() {
		all = append(all, w.unitStep(name))
	}
	all = append(all, w.parameterStep("identity/instance", "the instance of IAM Identity Center", func(ctx context.Context) (string, string, error) {
		arn, _, later, err := w.identityCenter(ctx)
		return arn, later, err
	}))
	for _, set := range estate.PermissionSets() {
		group := e.Name + "-" + set
		all = append(all, w.parameterStep("identity/group/"+set, "the id of group "+group, func(ctx context.Context) (string, string, error) { return w.group(ctx, group) }))
	}
	return all
}

// parameterStep writes a value to Systems Manager in the home Region, where
// CloudFormation reads it when it deploys. The value is looked up; as long as
// there is none, later says what it waits for.
func (w *world) parameterStep(path, what string, value func(context.Context) (found, later string, err error)) step {
	e := w.o.Document.Estate()
	name, home := "/"+e.Name+"/"+path, e.Regions.Home
	var want string
	return step{id: "parameter/" + path, what: "write " + what + " to the parameter " + name, path: "organisation",
		look: func(ctx context.Context) (view, error) {
			if is, err := w.open(ctx, home); err != nil || !is {
				return view{detail: "when " + home + " is enabled"}, err
			}
			var later string
			var err error
			if want, later, err = value(ctx); err != nil {
				return view{}, err
			}
			if want == "" {
				return view{later: true, detail: later}, nil
			}
			out, err := w.parameters(home).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(name)})
			var none *ssmtypes.ParameterNotFound
			if errors.As(err, &none) {
				return todo(want)
			}
			if err != nil {
				return view{}, err
			}
			if have := aws.ToString(out.Parameter.Value); have != want {
				return todo(want + " in place of " + have)
			}
			return done(want)
		},
		act: func(ctx context.Context) error {
			_, err := w.parameters(home).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String(name), Value: aws.String(want),
				Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true)})
			return err
		}}
}

func (w *world) parameters(region string) *ssm.Client {
	return ssm.NewFromConfig(w.o.Config, func(o *ssm.Options) { o.Region = region })
}

// root returns the id of the organisation's root.
func (w *world) root(ctx context.Context) (id, later string, err error) {
	if w.rootID != "" {
		return w.rootID, "", nil
	}
	if org, err := w.described(ctx); err != nil || org == nil {
		return "", "when the organisation exists", err
	}
	out, err := w.organizations.ListRoots(ctx, nil)
	if err != nil || len(out.Roots) == 0 || aws.ToString(out.Roots[0].Id) == "" {
		return "", "when the organisation has a root", err
	}
	w.rootID = aws.ToString(out.Roots[0].Id)
	return w.rootID, "", nil
}

// unitStep moves an account from the organisation's root into its unit, whose
// guardrails then hold for it. One that is anywhere else stays there: whoever
// put it there had a reason.
func (w *world) unitStep(account string) step {
	s := step{id: "unit/" + account, path: "organisation/accounts/" + account}
	e := w.o.Document.Estate()
	unit := e.UnitOf(account)
	s.what = "move account " + account + " into the unit " + unit
	var root, into string
	s.look = func(ctx context.Context) (view, error) {
		var err error
		if root, _, err = w.root(ctx); err != nil {
			return view{}, err
		}
		id := w.id(account)
		if id == "" || root == "" {
			return view{later: true, detail: "when the account exists"}, nil
		}
		if into, err = w.unit(ctx, root, unit); err != nil {
			return view{}, err
		}
		if into == "" {
			return view{later: true, detail: "when the stack " + e.Name + "-organisation has made the unit"}, nil
		}
		out, err := w.organizations.ListParents(ctx, &organizations.ListParentsInput{ChildId: aws.String(id)})
		if err != nil {
			return view{}, err
		}
		for _, p := range out.Parents { // an account has one
			switch at := aws.ToString(p.Id); at {
			case into:
				return done(into)
			case root:
			default:
				return view{}, diag.Diagnostic{Code: CodeUnit, Pos: w.at(s.path), What: fmt.Sprintf("account %s (%s) is in the unit %s, and the estate wants it in %s (%s)", account, id, at, unit, into),
					Why: "the guardrails of the unit that it is in would stop holding for it", Fix: "move it (aws organizations move-account), then run the command again"}
			}
		}
		return todo(into)
	}
	s.act = func(ctx context.Context) error {
		_, err := w.organizations.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: aws.String(w.id(account)),
			SourceParentId: aws.String(root), DestinationParentId: aws.String(into)})
		var already *types.DuplicateAccountException
		if errors.As(err, &already) { // an answer was lost
			return nil
		}
		return err
	}
	return s
}

// unit returns the id of a unit directly under the root; "" if there is none.
func (w *world) unit(ctx context.Context, root, name string) (string, error) {
	if w.units != nil {
		return w.units[name], nil
	}
	units := map[string]string{}
	in := &organizations.ListOrganizationalUnitsForParentInput{ParentId: aws.String(root)}
	for pages := organizations.NewListOrganizationalUnitsForParentPaginator(w.organizations, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, u := range page.OrganizationalUnits {
			units[aws.ToString(u.Name)] = aws.ToString(u.Id)
		}
	}
	w.units = units
	return units[name], nil
}

// identityCenter returns the organisation's instance of IAM Identity Center and
// its store. Only the console makes one ("Enable IAM Identity Center", IAM
// Identity Center User Guide); instances of single accounts are others.
func (w *world) identityCenter(ctx context.Context) (arn, store, later string, err error) {
	if w.instance != "" {
		return w.instance, w.store, "", nil
	}
	home := w.o.Document.Estate().Regions.Home
	client := ssoadmin.NewFromConfig(w.o.Config, func(o *ssoadmin.Options) { o.Region = home })
	for pages := ssoadmin.NewListInstancesPaginator(client, nil); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", "", "", err
		}
		for _, i := range page.Instances {
			if owner := aws.ToString(i.OwnerAccountId); owner == "" || owner == w.caller {
				w.instance, w.store = aws.ToString(i.InstanceArn), aws.ToString(i.IdentityStoreId)
				return w.instance, w.store, "", nil
			}
		}
	}
	return "", "", "when IAM Identity Center is enabled in " + home + ", in the console", nil
}

// group returns the id of a group that the identity provider has sent.
func (w *world) group(ctx context.Context, name string) (id, later string, err error) {
	_, store, later, err := w.identityCenter(ctx)
	if err != nil || store == "" {
		return "", later, err
	}
	home := w.o.Document.Estate().Regions.Home
	client := identitystore.NewFromConfig(w.o.Config, func(o *identitystore.Options) { o.Region = home })
	out, err := client.GetGroupId(ctx, &identitystore.GetGroupIdInput{IdentityStoreId: aws.String(store), AlternateIdentifier: &identitytypes.AlternateIdentifierMemberUniqueAttribute{
		Value: identitytypes.UniqueAttribute{AttributePath: aws.String("displayName"), AttributeValue: identitydocument.NewLazyDocument(name)}}})
	var none *identitytypes.ResourceNotFoundException
	if errors.As(err, &none) {
		return "", "when the identity provider has sent the group", nil
	}
	if err != nil {
		return "", "", err
	}
	return aws.ToString(out.GroupId), "", nil
}
