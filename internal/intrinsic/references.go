package intrinsic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// refAttr is the attribute of symbols that Ref gives.
const refAttr = "Ref"

// zonesLogical is the logical id of the symbols of Availability Zones: what
// Fn::GetAZs gives; the attribute of a selected one is its index.
const zonesLogical = "AWS::AvailabilityZones"

func (c *contents) resourceNames() []string { return slices.Sorted(maps.Keys(c.index)) }

const pseudoParameter = "pseudo parameter"

// maxSuggested is how many problems come with a suggestion, which costs time.
const maxSuggested = 100

// noSuch reports a reference to nothing, unless what is not expanded may make it.
func (s *scope) noSuch(what, name string, at value.Value, known func() []string) value.Value {
	if what != pseudoParameter && s.made(name) {
		return s.unseen(what, name)
	}
	near := ""
	if s.r.quiet == 0 && len(s.r.problems) < maxSuggested {
		near = didYouMean(name, known())
	}
	s.problem(diag.Error, "REFERENCE_UNKNOWN", at, fmt.Sprintf("the %s %q does not exist", what, name),
		"CloudFormation refuses the template", "correct the name, or add what it names"+near)
	return s.unknown("REFERENCE_UNKNOWN", "the %s %q does not exist", what, name)
}

func (s *scope) applyRef(c call) value.Value {
	name := c.arg
	if name.HoldsIntrinsics() { // AWS::LanguageExtensions
		name = s.eval(name)
	}
	if name.IsUnknown() {
		return name
	}
	if name.Kind() != value.String {
		return s.bad(c, "the name of a resource or parameter")
	}
	return s.ref(name.Text(), c.at)
}

func (s *scope) ref(name string, at value.Value) value.Value {
	if strings.HasPrefix(name, "AWS::") {
		return s.pseudo(name, at)
	}
	if p := s.entry("Parameters", name); !p.IsAbsent() {
		v := s.parameter(name, p)
		if secret, _ := p.Get("NoEcho").Bool(); secret && !v.IsUnknown() {
			return s.unknown("PARAMETER_SECRET", "the parameter %s is NoEcho, so its value is never shown", name)
		}
		return v
	}
	if _, ok := s.index[name]; ok {
		return s.symbol(name, refAttr, at)
	}
	return s.noSuch("resource or parameter", name, at, func() []string {
		return append(s.resourceNames(), s.section("Parameters").Keys()...)
	})
}

// symbol is an attribute of a resource of the scope. That the resource that is
// being evaluated depends on it is noted.
func (s *scope) symbol(logical, attr string, at value.Value) value.Value {
	if s.current != "" && !slices.Contains(s.refers, logical) {
		s.refers = append(s.refers, logical)
	}
	key := cellKey{logical, attr}
	if known, ok := s.symbols[key]; ok {
		return known
	}
	if yes, ok := s.exists(logical).Bool(); ok && !yes {
		text := fmt.Sprintf("the resource %s does not exist: its condition %s is false here", logical, s.index[logical].Get("Condition").Text())
		s.problem(diag.Error, "REFERENCE_UNKNOWN", at, text, "CloudFormation refuses the deployment",
			"refer to it under the same condition (Fn::If)")
		return s.unknown("REFERENCE_UNKNOWN", "%s", text)
	}
	sym := value.OfSymbol(value.Ref{To: s.address(logical), Attr: attr})
	s.symbols[key] = sym
	return sym
}

// pseudo resolves a pseudo parameter.
func (s *scope) pseudo(name string, at value.Value) value.Value {
	known := func(text string) value.Value {
		if text != "" {
			return value.OfString(text)
		}
		return value.OfSymbol(value.Ref{To: addr.Address{Stack: addr.Stack{Account: s.stack.Account, Region: s.stack.Region}, Logical: name}, Attr: refAttr})
	}
	switch name {
	case "AWS::AccountId":
		return known(s.stack.Account)
	case "AWS::Region":
		return known(s.stack.Region)
	case "AWS::Partition":
		return value.OfString(partition(s.stack.Region))
	case "AWS::URLSuffix":
		return value.OfString(urlSuffix(s.stack.Region))
	case "AWS::StackName":
		if s.parent == nil {
			return known(s.stack.Name)
		}
		return value.OfSymbol(value.Ref{To: s.address(name), Attr: refAttr})
	case "AWS::StackId":
		return value.OfSymbol(value.Ref{To: s.address(name), Attr: refAttr})
	case "AWS::NotificationARNs":
		return s.unknown("INTRINSIC_NOT_KNOWN", "AWS::NotificationARNs is not known before deployment")
	case "AWS::NoValue":
		return value.Value{}
	}
	return s.noSuch(pseudoParameter, name, at, pseudoNames)
}

func pseudoNames() []string {
	return []string{"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition",
		"AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}
}

// partition and urlSuffix follow AWS's General Reference, "AWS service
// endpoints" and "Amazon Resource Names".
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	}
	return "aws"
}

func urlSuffix(region string) string {
	switch partition(region) {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

func (s *scope) applyGetAtt(c call) value.Value {
	if text, ok := c.arg.Str(); ok {
		logical, attr, ok := strings.Cut(text, ".")
		if !ok {
			return s.bad(c, "a resource and an attribute, as Resource.Attribute")
		}
		return s.attribute(logical, attr, c.at)
	}
	a, ok := args(c, 2, 8)
	if !ok {
		return s.bad(c, "a list of a resource and an attribute")
	}
	names := make([]string, len(a))
	for i := range a {
		v := s.eval(a[i])
		if v.IsUnknown() {
			return v
		}
		if names[i], ok = v.Str(); !ok {
			return s.bad(c, "literal names")
		}
	}
	return s.attribute(names[0], strings.Join(names[1:], "."), c.at)
}

// attribute resolves an attribute of a resource: an output of a nested stack,
// what a property already says, or a symbol.
func (s *scope) attribute(logical, attr string, at value.Value) value.Value {
	res, ok := s.index[logical]
	if !ok {
		return s.noSuch("resource", logical, at, s.resourceNames)
	}
	sym := s.symbol(logical, attr, at)
	if sym.IsUnknown() {
		return sym
	}
	if child := s.nested[logical]; child != nil {
		if output, ok := strings.CutPrefix(attr, "Outputs."); ok {
			return child.output(output, at)
		}
		return sym
	}
	typ := res.Get("Type").Text()
	if property := repeats(typ, attr); property != "" {
		if v := s.property(logical, property, at); !v.IsAbsent() {
			return v
		}
	}
	if v := s.port(logical, typ, attr, at); !v.IsAbsent() {
		return v
	}
	if attr == identity(typ) {
		return s.symbol(logical, refAttr, at)
	}
	return sym
}

// repeats names the property that an attribute repeats, or "". The pages are
// those of the resource types in AWS's CloudFormation Template Reference,
// "Return values".
func repeats(typ, attr string) string {
	switch typ + "." + attr {
	case "AWS::EC2::VPC.CidrBlock", "AWS::EC2::Subnet.CidrBlock", "AWS::EC2::Subnet.VpcId", "AWS::EC2::SecurityGroup.VpcId":
		return attr
	}
	return ""
}

// identity names the attribute of a type that is the same as what Ref gives, so
// that both are one symbol.
func identity(typ string) string {
	switch typ {
	case "AWS::EC2::VPC":
		return "VpcId"
	case "AWS::EC2::Subnet":
		return "SubnetId"
	case "AWS::EC2::SecurityGroup":
		return "GroupId"
	case "AWS::EC2::RouteTable":
		return "RouteTableId"
	case "AWS::EC2::InternetGateway":
		return "InternetGatewayId"
	case "AWS::EC2::NatGateway":
		return "NatGatewayId"
	case "AWS::EC2::NetworkAcl", "AWS::EC2::VPCEndpoint", "AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment",
		"AWS::EC2::TransitGateway", "AWS::EC2::VPCPeeringConnection", "AWS::SecretsManager::Secret":
		return "Id"
	case "AWS::EC2::TransitGatewayRouteTable":
		return "TransitGatewayRouteTableId"
	case "AWS::EC2::PrefixList":
		return "PrefixListId"
	case "AWS::ElasticLoadBalancingV2::LoadBalancer":
		return "LoadBalancerArn"
	case "AWS::ElasticLoadBalancingV2::TargetGroup":
		return "TargetGroupArn"
	case "AWS::ElasticLoadBalancingV2::Listener":
		return "ListenerArn"
	case "AWS::KMS::Key":
		return "KeyId"
	}
	return ""
}

// property evaluates a property of a resource.
func (s *scope) property(logical, name string, at value.Value) value.Value {
	raw := s.index[logical].Get("Properties")
	if _, ok := asCall(raw); ok {
		return value.Value{}
	}
	return s.once("property", logical+"."+name, at, func() value.Value { return s.eval(raw.Get(name)) })
}

// output evaluates an output of a stack.
func (s *scope) output(name string, at value.Value) value.Value {
	def := s.entry("Outputs", name)
	if def.IsAbsent() {
		return s.noSuch("output of the stack "+strings.TrimSuffix(s.stack.Name+"/"+s.prefix, "/"), name, at, s.section("Outputs").Keys)
	}
	if s.absentOutput(def) {
		return s.unknown("REFERENCE_UNKNOWN", "the output %s of the stack %s does not exist: its condition is false here", name, s.stack.Name)
	}
	return s.once("output", name, at, func() value.Value {
		current := s.current
		s.current = ""
		defer func() { s.current = current }()
		return s.asText(s.eval(def.Get("Value")))
	})
}

// parameter evaluates a parameter: what was given by the user, by the stack
// around, by the assembly, or its default.
func (s *scope) parameter(name string, def value.Value) value.Value {
	return s.once("parameter", name, def, func() value.Value {
		v := s.rawParameter(name, def)
		typ := def.Get("Type").Text()
		switch {
		case v.IsUnknown():
			return v
		case strings.HasPrefix(typ, "AWS::SSM::Parameter::Value"):
			return s.unknown("PARAMETER_FROM_SSM", "the parameter %s is read from Systems Manager at deployment (%s)", name, v)
		case typ != "CommaDelimitedList" && !strings.HasPrefix(typ, "List<"):
			return v
		case v.Kind() == value.String || v.Kind() == value.Number || v.Kind() == value.Concat:
			return trimmed(s.split(v, ","))
		case v.Kind() == value.Symbol && holdsNo(v, ","):
			return value.OfList(v)
		}
		return v
	})
}

// trimmed takes the spaces off the items of a list, as CloudFormation does for
// CommaDelimitedList.
func trimmed(list value.Value) value.Value {
	for i, item := range list.Items() {
		if text, ok := item.Str(); ok {
			list.Items()[i] = value.OfString(strings.TrimSpace(text))
		}
	}
	return list
}

func (s *scope) rawParameter(name string, def value.Value) value.Value {
	if s.parent != nil {
		props := s.parent.index[s.logical].Get("Properties").Get("Parameters")
		if v := s.parent.fromOutside(s.logical, props.Get(name)); !v.IsAbsent() {
			return s.asText(v)
		}
	} else {
		for _, key := range [...]string{s.stack.Name + "/" + name, name} {
			if text, ok := s.r.opts.Params[key]; ok {
				return value.OfString(text)
			}
		}
		if text, ok := s.given[name]; ok {
			return value.OfString(text)
		}
	}
	if d := def.Get("Default"); !d.IsAbsent() {
		if text, ok := d.Str(); ok {
			return value.OfString(text)
		}
		return s.bad(call{name: "the default of " + name, at: d}, "a literal text")
	}
	return s.unknown("PARAMETER_UNKNOWN", "the parameter %s has no value: give it with --param %s=…", name, name)
}

// asText is a value as a stack's parameters and outputs carry it: texts only; a
// list of texts becomes one text with commas.
func (s *scope) asText(v value.Value) value.Value {
	switch v.Kind() {
	case value.Number, value.Bool:
		return value.OfString(v.Text())
	case value.List:
		parts := make([]value.Value, 0, 2*v.Len())
		for i, item := range v.Items() {
			if i > 0 {
				parts = append(parts, value.OfString(","))
			}
			parts = append(parts, item)
		}
		return s.join(parts...)
	case value.Map, value.Null:
		return s.unknown("TEMPLATE_INTRINSIC", "parameters and outputs are texts, and this is %s", v.Kind())
	}
	return v
}

// fromOutside evaluates a property of a nested stack's resource on behalf of
// the stack nested there.
func (s *scope) fromOutside(logical string, v value.Value) value.Value {
	current, refers := s.current, s.refers
	s.current, s.refers = logical, s.depends[logical]
	defer func() {
		s.depends[logical] = s.refers
		s.current, s.refers = current, refers
	}()
	return s.eval(v)
}
