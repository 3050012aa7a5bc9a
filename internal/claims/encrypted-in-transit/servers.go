package encryptedintransit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// listeners judges load balancers: what they accept, and what they send on.
func (c *checker) listeners() {
	for r, l := range resource.Views[resource.Listener](c.in.Graph) {
		c.tally.Look(r)
		c.listener(r, l)
	}
	for r, g := range resource.Views[resource.TargetGroup](c.in.Graph) {
		if g.TargetType == "lambda" || g.TargetType == "alb" {
			continue
		}
		c.tally.Look(r)
		c.targetGroup(r, g)
	}
	for _, r := range c.in.Graph.OfType("AWS::ElasticLoadBalancing::LoadBalancer") {
		c.classic(r)
	}
}

func (c *checker) listener(r *resource.Resource, l *resource.Listener) {
	f := proof.Finding{At: r.Addr, Part: c.in.PartOf(l.Balancer.To)}
	switch l.Protocol {
	case "HTTPS", "TLS":
		if why := l.Props.Get("SslPolicy").FirstUnknown(); why != nil {
			f.Code, f.Property = CodeSettingHidden, "SslPolicy"
			f.Message = fmt.Sprintf("Which TLS %s accepts is not known: %s.", c.in.Name(r), why.Error())
			f.Fix = "Give the parameter with --param, or write the policy."
			c.tally.Doubt(c.in.ScopeOf(r), f)
		} else if !modern(l.SSLPolicy) {
			f.Code, f.Property = CodeWeakPolicy, "SslPolicy"
			f.Message = fmt.Sprintf("%s accepts TLS below 1.2: its policy is %s.", c.in.Name(r), orDefault(l.SSLPolicy))
			f.Fix = "Set SslPolicy to ELBSecurityPolicy-TLS13-1-2-2021-06 or a stricter one."
			c.tally.Refute(c.in.ScopeOf(r), f)
		}
	case "HTTP":
		if !redirects(l) {
			f.Code, f.Property = CodePlainListener, "Protocol"
			f.Message = fmt.Sprintf("%s accepts plain HTTP and does more than to redirect it.", c.in.Name(r))
			f.Fix = "Make it an HTTPS listener, or let every action redirect to HTTPS."
			c.tally.Refute(c.in.ScopeOf(r), f)
		}
	default:
		f.Code, f.Property = CodePassThrough, "Protocol"
		f.Message = fmt.Sprintf("%s passes %s through, and nothing says whether its ends speak TLS.", c.in.Name(r), l.Protocol)
		f.Fix = "Let the listener end TLS."
		c.tally.Doubt(c.in.ScopeOf(r), f)
	}
}

// targetGroup judges what a balancer speaks to its targets. A health check by
// TCP opens a connection and sends nothing.
func (c *checker) targetGroup(r *resource.Resource, g *resource.TargetGroup) {
	switch g.Protocol {
	case "HTTPS", "TLS":
	case "HTTP":
		c.tally.RefuteAt(r, CodePlainTarget, "Protocol", fmt.Sprintf("%s sends plain HTTP to its targets.", c.in.Name(r)), "Set Protocol to HTTPS and let the targets serve TLS.")
	default:
		c.tally.DoubtAt(r, CodePassThrough, "Protocol", fmt.Sprintf("%s passes %s on, and nothing says whether its ends speak TLS.", c.in.Name(r), g.Protocol), "Set Protocol to HTTPS or TLS.")
	}
	if g.HealthProtocol == "HTTP" {
		c.tally.RefuteAt(r, CodePlainHealth, "HealthCheckProtocol", fmt.Sprintf("%s asks its targets for their health by plain HTTP.", c.in.Name(r)), "Set HealthCheckProtocol to HTTPS.")
	}
}

// modern says whether a policy refuses TLS below 1.2. A listener without one
// gets ELBSecurityPolicy-2016-08, which accepts TLS 1.0. Source: Elastic Load
// Balancing, "Security policies for your Application Load Balancer".
func modern(name string) bool {
	return slices.ContainsFunc([]string{"ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-", "ELBSecurityPolicy-TLS-1-2-", "ELBSecurityPolicy-FS-1-2-"},
		func(p string) bool { return strings.HasPrefix(name, p) })
}

func orDefault(name string) string {
	if name == "" {
		return "the default, ELBSecurityPolicy-2016-08"
	}
	return name
}

// redirects says whether a listener only redirects, and to HTTPS.
func redirects(l *resource.Listener) bool {
	for _, a := range l.Actions {
		if a.Kind != "redirect" {
			return false
		}
	}
	for _, a := range l.Props.Get("DefaultActions").Items() {
		if p := a.Path("RedirectConfig/Protocol").Text(); p != "HTTPS" {
			return false // absent: #{protocol}, which stays HTTP
		}
	}
	return len(l.Actions) > 0
}

// databases judges whether database servers refuse plaintext.
func (c *checker) databases() {
	for _, r := range c.in.Graph.OfType("AWS::RDS::DBCluster") {
		c.database(r, "DBClusterParameterGroupName", "AWS::RDS::DBClusterParameterGroup")
	}
	for _, r := range c.in.Graph.OfType("AWS::RDS::DBInstance") {
		if r.Props.Get("DBClusterIdentifier").IsAbsent() {
			c.database(r, "DBParameterGroupName", "AWS::RDS::DBParameterGroup")
		}
	}
}

// database judges the parameter by which a database refuses plaintext. Its
// default is to refuse from Aurora PostgreSQL 17 and RDS for PostgreSQL 15 on.
// Source: Amazon Aurora User Guide, "Securing Aurora PostgreSQL data with
// SSL/TLS"; Amazon RDS User Guide, "Using SSL with a PostgreSQL DB instance".
func (c *checker) database(r *resource.Resource, property, typ string) {
	c.tally.Look(r)
	engine := strings.ToLower(r.Props.Get("Engine").Text()) // CloudFormation takes any case
	name, on, since := "", []string{"1"}, 0
	switch {
	case engine == "aurora-postgresql":
		name, since = "rds.force_ssl", 17
	case engine == "postgres":
		name, since = "rds.force_ssl", 15
	case strings.Contains(engine, "mysql"), engine == "mariadb", engine == "aurora": // the first Aurora is one for MySQL
		name, on = "require_secure_transport", []string{"1", "ON"}
	default:
		c.tally.DoubtAt(r, CodeDatabaseHidden, "Engine", fmt.Sprintf("Whether %s refuses plaintext is not known: nothing is known about the engine %q.", c.in.Name(r), engine),
			"Use an engine whose parameter groups can force TLS.")
		return
	}
	ref, _ := r.Props.Get(property).Ref()
	group := c.in.Graph.Get(ref.To)
	if group == nil || group.Type != typ {
		group = nil
		if !r.Props.Get(property).IsAbsent() {
			c.tally.DoubtAt(r, CodeDatabaseHidden, property, fmt.Sprintf("The parameters of %s are in none of the templates.", c.in.Name(r)), "Load the template of the parameter group too.")
			return
		}
	}
	at, where := r, property
	var v value.Value
	if group != nil {
		at, where, v = group, "Parameters/"+name, group.Props.Get("Parameters").Get(name)
	}
	text := strings.ToUpper(v.Text())
	switch {
	case v.IsUnknown():
		c.tally.DoubtAt(at, CodeDatabaseHidden, where, fmt.Sprintf("Whether %s refuses plaintext is not known: %s.", c.in.Name(r), v.Reason().Error()), "Write "+name+": 1.")
	case slices.Contains(on, text) || v.IsAbsent() && since > 0 && major(r.Props.Get("EngineVersion")) >= since:
	case v.IsAbsent() && since > 0 && major(r.Props.Get("EngineVersion")) == 0:
		c.tally.DoubtAt(r, CodeDatabaseHidden, "EngineVersion", fmt.Sprintf("Whether %s refuses plaintext is not known: it does so by default from version %d on, and its version is not known.", c.in.Name(r), since),
			"Set "+name+" to 1 in its parameter group.")
	case v.Kind() == value.Symbol || v.Kind() == value.Concat:
		c.tally.DoubtAt(at, CodeDatabaseHidden, where, fmt.Sprintf("Whether %s refuses plaintext is known at deployment only.", c.in.Name(r)), "Write "+name+": 1.")
	default:
		c.tally.RefuteAt(at, CodePlainDatabase, where, fmt.Sprintf("%s accepts connections without TLS: %s is not %s.", c.in.Name(r), name, on[0]), "Set "+name+" to "+on[0]+" in its parameter group.")
	}
}

// major returns the first number of a version, 0 if it is not known.
func major(v value.Value) int {
	first, _, _ := strings.Cut(v.Text(), ".")
	n, _ := strconv.Atoi(first)
	return n
}

// setting is a property by which a server refuses plaintext, or speaks TLS
// between its own nodes.
type setting struct {
	typ, property string
	want          []string
	absent        bool // absent is good
}

// settings judges servers that are told by one property.
func (c *checker) settings() {
	yes := []string{"true"}
	for _, s := range []setting{
		{"AWS::ElastiCache::ReplicationGroup", "TransitEncryptionEnabled", yes, false},
		{"AWS::ElastiCache::ReplicationGroup", "TransitEncryptionMode", []string{"required"}, true},
		{"AWS::ElastiCache::CacheCluster", "TransitEncryptionEnabled", yes, false},
		{"AWS::MemoryDB::Cluster", "TLSEnabled", yes, true},
		{"AWS::RDS::DBProxy", "RequireTLS", yes, false},
		{"AWS::OpenSearchService::Domain", "NodeToNodeEncryptionOptions/Enabled", yes, false},
		{"AWS::OpenSearchService::Domain", "DomainEndpointOptions/EnforceHTTPS", yes, false},
		{"AWS::Elasticsearch::Domain", "NodeToNodeEncryptionOptions/Enabled", yes, false},
		{"AWS::Elasticsearch::Domain", "DomainEndpointOptions/EnforceHTTPS", yes, false},
		{"AWS::MSK::Cluster", "EncryptionInfo/EncryptionInTransit/ClientBroker", []string{"TLS"}, true},
		{"AWS::CloudFront::Distribution", "DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy", []string{"https-only", "redirect-to-https"}, false},
	} {
		for _, r := range c.in.Graph.OfType(s.typ) {
			c.tally.Look(r)
			c.setting(r, s)
		}
	}
	c.volumes()
	c.replication()
	c.silent()
}

// silent are servers that take plaintext unless a parameter says otherwise that
// is not read here.
func (c *checker) silent() {
	for _, s := range [][2]string{
		{"AWS::DAX::Cluster", "ClusterEndpointEncryptionType"},
		{"AWS::DocDB::DBCluster", "tls"},
		{"AWS::Neptune::DBCluster", "neptune_enforce_ssl"},
		{"AWS::Redshift::Cluster", "require_ssl"},
		{"AWS::RedshiftServerless::Workgroup", "require_ssl"},
	} {
		typ, parameter := s[0], s[1]
		for _, r := range c.in.Graph.OfType(typ) {
			c.tally.Look(r)
			c.tally.DoubtAt(r, CodeSettingHidden, "", fmt.Sprintf("Whether %s refuses plaintext is not known: %s decides, and it is not read.", c.in.Name(r), parameter),
				"See to it that it is set so that plaintext is refused, and waive this.")
		}
	}
}

func (c *checker) setting(r *resource.Resource, s setting) {
	v := r.Props.Path(s.property)
	fix := "Set " + s.property + " to " + s.want[0] + "."
	switch text, known := v.Str(); {
	case v.IsAbsent() && s.absent || known && slices.Contains(s.want, text):
	case v.IsUnknown():
		c.tally.DoubtAt(r, CodeSettingHidden, s.property, fmt.Sprintf("Whether %s refuses plaintext is not known: %s.", c.in.Name(r), v.Reason().Error()), fix)
	default:
		c.tally.RefuteAt(r, CodePlainSetting, s.property, fmt.Sprintf("%s accepts plaintext: %s is not %s.", c.in.Name(r), s.property, strings.Join(s.want, " or ")), fix)
	}
}

// volumes judges the file systems that tasks mount.
func (c *checker) volumes() {
	for _, r := range c.in.Graph.OfType("AWS::ECS::TaskDefinition") {
		for i, v := range r.Props.Get("Volumes").Items() {
			efs := v.Get("EFSVolumeConfiguration")
			if efs.IsAbsent() {
				continue
			}
			c.tally.Look(r)
			if efs.Get("TransitEncryption").Text() != "ENABLED" {
				c.tally.RefuteAt(r, CodePlainSetting, "Volumes/"+strconv.Itoa(i)+"/EFSVolumeConfiguration/TransitEncryption",
					fmt.Sprintf("%s mounts a file system without TLS.", c.in.Name(r)), "Set TransitEncryption to ENABLED.")
			}
		}
	}
}

// stores judges whether buckets, queues and topics refuse requests without
// TLS: their policy has to deny what is not aws:SecureTransport.
func (c *checker) stores() {
	c.store("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket", "s3")
	c.store("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs")
	c.store("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "sns")
}

func (c *checker) store(typ, policyType, property, service string) {
	denied := map[*resource.Resource]bool{}
	for _, p := range c.in.Graph.OfType(policyType) {
		statements, _ := policy.Statements(p.Props.Get("PolicyDocument"))
		if !slices.ContainsFunc(statements, func(s policy.Statement) bool { return s.DeniesPlaintext(service) }) {
			continue
		}
		for _, v := range append(p.Props.Get(property).Items(), p.Props.Get(property)) {
			if ref, ok := v.Ref(); ok {
				denied[c.in.Graph.Get(ref.To)] = true
			}
			for _, r := range c.in.Graph.OfType(typ) {
				if name := r.Props.Get("BucketName"); !name.IsAbsent() && value.Equal(name, v) {
					denied[r] = true
				}
			}
		}
	}
	for _, r := range c.in.Graph.OfType(typ) {
		c.tally.Look(r)
		if !denied[r] {
			c.tally.RefuteAt(r, CodePlainStore, "", fmt.Sprintf("%s accepts requests without TLS: no policy denies them.", c.in.Name(r)),
				"Add a policy that denies every action to everybody where aws:SecureTransport is false.")
		}
	}
}

// domains judges the domain lists of firewalls: one that matches the Host
// header lets plain HTTP out.
func (c *checker) domains() {
	for r, g := range resource.Views[resource.RuleGroup](c.in.Graph) {
		if !g.DomainAllow || len(g.Domains) == 0 {
			continue
		}
		c.tally.Look(r)
		if slices.Contains(g.DomainTypes, "HTTP_HOST") {
			c.tally.RefuteAt(r, CodePlainEgress, "RuleGroup/RulesSource/RulesSourceList/TargetTypes", fmt.Sprintf("%s lets plain HTTP out to its domains.", c.in.Name(r)),
				"Set TargetTypes to TLS_SNI alone.")
		}
	}
}
