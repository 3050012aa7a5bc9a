package resource

import "github.com/suretyhq/surety/internal/value"

// instanceInterfaces reads an instance: its own list of interfaces, else its
// launch template's, else the one that it always has. Without a subnet it
// starts in the default VPC ("AWS::EC2::Instance": SubnetId).
func instanceInterfaces(d *reader) {
	template := d.launchTemplate()
	if own := d.links("SecurityGroupIds"); len(own) > 0 {
		template.groups = own
		for i := range template.more {
			template.more[i].groups = own
		}
	}
	list := d.items("NetworkInterfaces")
	if len(d.unknown) > 0 {
		d.addUnknown(Interface{Kind: EndInstance, Groups: template.groups, HasGroups: true})
		return
	}
	if len(list) == 0 {
		for _, like := range template.each() {
			subnet := d.link("SubnetId")
			if subnet.IsZero() {
				subnet = like.subnet
			}
			d.g.add(d.networkInterface("", d.somewhere(subnet), like))
		}
		return
	}
	for _, p := range list {
		if l := d.link(p + "NetworkInterfaceId"); d.g.typeOf(l) == "AWS::EC2::NetworkInterface" {
			continue // which has its own
		} else if !l.IsZero() {
			d.g.add(d.networkInterface(p, d.nowhere(l.Property, "the network interface is not in the graph"), template))
			continue
		}
		subnet := d.link(p + "SubnetId")
		if subnet.IsZero() {
			subnet = d.link("SubnetId")
		}
		d.g.add(d.networkInterface(p, d.somewhere(subnet), template))
	}
}

// somewhere returns a subnet, or, where none is named, one that is not known.
func (d *reader) somewhere(subnet Link) Link {
	if subnet.IsZero() {
		return d.nowhere("SubnetId", "no subnet is named, so it starts in the default VPC, which is not in the graph")
	}
	return subnet
}

// launch is what a launch template or configuration says of interfaces.
type launch struct {
	groups []Link
	subnet Link
	public Tri
	said   bool // public is said
	why    *value.Reason
	more   []launch // of its further interfaces
}

// each returns what is said of each interface.
func (l launch) each() []launch { return append([]launch{l}, l.more...) }

// launchTemplate reads the launch template or configuration that an instance
// or a scaling group names.
func (d *reader) launchTemplate() launch {
	if l := d.link("LaunchConfigurationName"); !l.IsZero() {
		r := d.g.byAddr[l.To]
		if r == nil {
			return launch{why: launchUnknown(d, l)}
		}
		c := &reader{g: d.g, r: r}
		v := c.get("AssociatePublicIpAddress")
		out := launch{groups: c.links("SecurityGroups"), public: c.tri("AssociatePublicIpAddress", No), said: !v.IsAbsent()}
		if len(c.unknown) > 0 {
			out.why = c.unknown[0]
		}
		return out
	}
	var l Link
	for _, p := range []string{"LaunchTemplate/", "MixedInstancesPolicy/LaunchTemplate/LaunchTemplateSpecification/"} {
		for _, prop := range []string{"LaunchTemplateId", "LaunchTemplateName"} {
			if l.IsZero() {
				l = d.link(p + prop)
			}
		}
	}
	r := d.g.byAddr[l.To]
	if r == nil {
		if l.IsZero() {
			return launch{}
		}
		return launch{why: launchUnknown(d, l)}
	}
	out := templateInterfaces(&reader{g: d.g, r: r})
	for _, p := range d.items("MixedInstancesPolicy/LaunchTemplate/Overrides") {
		if p += "LaunchTemplateSpecification"; !d.get(p).IsAbsent() {
			out.why = &value.Reason{Code: "LAUNCH_TEMPLATE_UNKNOWN", At: d.r.Addr, Property: p, Text: "it starts instances by several launch templates"}
		}
	}
	if out.why == nil && len(d.unknown) > 0 {
		out.why = d.unknown[0]
	}
	return out
}

func launchUnknown(d *reader, l Link) *value.Reason {
	if l.Why != nil {
		return l.Why
	}
	return &value.Reason{Code: "LAUNCH_TEMPLATE_UNKNOWN", At: d.r.Addr, Property: l.Property, Text: "the launch template is not in the graph"}
}

// templateInterfaces reads the interfaces of a launch template
// ("AWS::EC2::LaunchTemplate NetworkInterface").
func templateInterfaces(t *reader) launch {
	const data = "LaunchTemplateData/"
	out := launch{groups: t.links(data + "SecurityGroupIds")}
	if len(out.groups) == 0 && !t.get(data+"SecurityGroups").IsAbsent() {
		t.note(t.get(data+"SecurityGroups"), data+"SecurityGroups", "a security group's id, not its name,")
	}
	for i, p := range t.items(data + "NetworkInterfaces") {
		one := launch{groups: t.links(p + "Groups"), subnet: t.link(p + "SubnetId")}
		if v := t.get(p + "AssociatePublicIpAddress"); !v.IsAbsent() {
			one.public, one.said = t.tri(p+"AssociatePublicIpAddress", No), true
		}
		if l := t.link(p + "NetworkInterfaceId"); !l.IsZero() {
			one.why = &value.Reason{Code: "LAUNCH_TEMPLATE_UNKNOWN", At: t.r.Addr, Property: l.Property, Text: "it starts with an interface that exists already"}
		}
		if len(one.groups) == 0 {
			one.groups = out.groups
		}
		if i == 0 {
			one.more, out = out.more, one
		} else {
			out.more = append(out.more, one)
		}
	}
	if len(t.unknown) > 0 {
		out.why = t.unknown[0]
		for i := range out.more {
			out.more[i].why = t.unknown[0]
		}
	}
	return out
}

// scalingInterfaces reads what a scaling group starts in each of its subnets.
// One without subnets starts in the default VPC ("AWS::AutoScaling::
// AutoScalingGroup": VPCZoneIdentifier).
func scalingInterfaces(d *reader) {
	t := d.launchTemplate()
	if l := d.link("InstanceId"); !l.IsZero() {
		t.why = &value.Reason{Code: "LAUNCH_TEMPLATE_UNKNOWN", At: d.r.Addr, Property: "InstanceId", Text: "it starts instances like one that exists already"}
	}
	subnets := d.links("VPCZoneIdentifier")
	if len(subnets) == 0 {
		subnets = []Link{d.somewhere(t.subnet)}
	}
	for _, s := range subnets {
		for _, like := range t.each() {
			i := Interface{Kind: EndInstance, Owner: d.r, Subnet: s, Groups: like.groups, HasGroups: true, Why: like.why, Public: like.public}
			if t.why != nil {
				i.Why = t.why
			}
			if !like.said {
				i.Public = d.subnetPublic(s)
			}
			d.g.add(i)
		}
	}
}
